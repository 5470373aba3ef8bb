/* The ends of a TCP connection of this machine, in whatever processes they are. */
#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

static const int NOT_ALLOWED = 2;

static void fail(const char *what) {
    int reason = errno;
    perror(what);
    exit(reason == EPERM || reason == ENOSYS || reason == ENOENT ? NOT_ALLOWED : 1);
}

static int port(const struct sockaddr_storage *address) {
    return address->ss_family == AF_INET     ? ntohs(((const struct sockaddr_in *)address)->sin_port)
           : address->ss_family == AF_INET6 ? ntohs(((const struct sockaddr_in6 *)address)->sin6_port)
                                            : -1;
}

static int is_between(int fd, int local, int remote) {
    struct sockaddr_storage here, there;
    socklen_t here_length = sizeof here, there_length = sizeof there;
    return getsockname(fd, (struct sockaddr *)&here, &here_length) == 0 && port(&here) == local
           && getpeername(fd, (struct sockaddr *)&there, &there_length) == 0 && port(&there) == remote;
}

/* A copy of another process's descriptor: the same socket. */
static int borrow(int pid, int local, int remote) {
    int process = syscall(SYS_pidfd_open, pid, 0);
    if (process < 0)
        fail("pidfd_open");
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/fd", pid);
    DIR *all = opendir(path);
    if (!all)
        fail(path);
    for (struct dirent *entry; (entry = readdir(all));) {
        if (entry->d_name[0] == '.')
            continue;
        int fd = syscall(SYS_pidfd_getfd, process, atoi(entry->d_name), 0);
        if (fd < 0) {
            if (errno == EPERM || errno == ENOSYS)
                fail("pidfd_getfd");
            continue; /* closed meanwhile */
        }
        if (is_between(fd, local, remote)) {
            closedir(all);
            close(process);
            return fd;
        }
        close(fd);
    }
    fprintf(stderr, "process %d has no socket from port %d to %d\n", pid, local, remote);
    exit(1);
}

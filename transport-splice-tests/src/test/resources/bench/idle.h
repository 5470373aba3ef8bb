/*
 * Pairs that are held and do nothing, beside or instead of a load. Two child processes hold them, one the clients' ends
 * and one the servers', so that a limit of descriptors goes twice as far. Each pair exchanges one message first: a
 * relay that keeps something after the first byte is to be seen.
 */
#include <poll.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#define IDLE_MESSAGE 64

struct idle_pairs {
    int held;
    int release; /* closing it ends the children */
    pid_t clients;
    pid_t servers;
};

static int exchange_first(int fd, int is_client)
{
    char message[IDLE_MESSAGE] = {0};
    if (is_client && send(fd, message, sizeof message, MSG_NOSIGNAL) != sizeof message)
        return -1;
    if (recv(fd, message, sizeof message, MSG_WAITALL) != sizeof message)
        return -1;
    if (!is_client && send(fd, message, sizeof message, MSG_NOSIGNAL) != sizeof message)
        return -1;
    return 0;
}

static void impatient(int fd)
{
    struct timeval patience = { .tv_sec = 5 };
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
}

/* Ends with the parent, or when it closes the pipe. */
static void hold(int release)
{
    char c;
    while (read(release, &c, 1) > 0)
        ;
    _exit(0);
}

static void hold_clients(int wanted, int report, int release)
{
    int held = 0;
    for (; held < wanted; held++) {
        int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        if (fd < 0)
            break;
        impatient(fd);
        if (connect(fd, (struct sockaddr *) &options.connect, sizeof options.connect) != 0 || exchange_first(fd, 1) != 0)
            break;
    }
    if (write(report, &held, sizeof held) != sizeof held)
        _exit(1);
    hold(release);
}

/* Accepts until told to stop: the connections that come after that are not for us. */
static void hold_servers(int listener, int report, int release)
{
    struct pollfd ready[2] = { { .fd = listener, .events = POLLIN }, { .fd = release, .events = POLLIN } };
    while (poll(ready, 2, -1) >= 0 && ready[1].revents == 0) {
        int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
        if (fd < 0)
            continue;
        impatient(fd);
        exchange_first(fd, 0); /* a failure is seen, and counted, by the client */
    }
    char c;
    if (read(release, &c, 1) < 0 || write(report, &c, 1) != 1)
        _exit(1);
    hold(release);
}

static pid_t child(int unwanted)
{
    pid_t pid = fork();
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        alarm(LONGEST_LIFE_SECONDS);
        close(unwanted);
    }
    return pid;
}

static struct idle_pairs hold_idle_pairs(int listener, int wanted)
{
    struct idle_pairs pairs = {0};
    int report[2], release[2], stop[2];
    char stopped = 's';
    if (pipe(report) != 0 || pipe(release) != 0 || pipe(stop) != 0)
        die("pipe");
    pairs.servers = child(stop[1]);
    if (pairs.servers == 0) {
        close(release[1]);
        hold_servers(listener, report[1], stop[0]);
    }
    pairs.clients = child(release[1]);
    if (pairs.clients == 0) {
        close(stop[1]);
        hold_clients(wanted, report[1], release[0]);
    }
    if (read(report[0], &pairs.held, sizeof pairs.held) != sizeof pairs.held)
        die("no word from the idle clients");
    if (write(stop[1], &stopped, 1) != 1 || read(report[0], &stopped, 1) != 1)
        die("no word from the idle servers");
    pairs.release = release[1];
    return pairs;
}

static void release_idle_pairs(struct idle_pairs *pairs)
{
    kill(pairs->clients, SIGTERM);
    waitpid(pairs->clients, NULL, 0);
    kill(pairs->servers, SIGTERM);
    waitpid(pairs->servers, NULL, 0);
}

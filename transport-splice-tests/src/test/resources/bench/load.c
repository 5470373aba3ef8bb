/*
 * The load beside a relay: clients and servers in one process and one thread, so that the other core is the relay's
 * alone. What it receives it discards without copying it (MSG_TRUNC), to cost less than any relay does.
 *
 *     load listen=HOST:PORT connect=HOST:PORT [pid=PID core=N] [warmup=MS] [window=MS] [mebibytes=N] [spin=1] [file=1]
 *          [up=N] [down=N] [both=N] [buffer=B]           N connections that stream one way or both, with buffers of that size
 *          [chat=N] [churn=N] [request=B] [response=B]   N that ask and are answered, on one connection or anew each time
 *          [idle=N]                                      N pairs beside it all that do nothing
 *
 * It streams until the window has ended, or so many MiB were received in it, ends every connection the clean way, prints
 * one line of name=value, and stops by itself whatever the relay does. With file=1 what streams comes by sendfile(2), in fragments of a page.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include "measure.h"

#define LONGEST_LIFE_SECONDS 300
#define DRAIN_NANOS 2000000000u

static struct {
    struct sockaddr_in listen, connect;
    int pid, core, warmup, window, mebibytes, spin, file, up, down, both, chat, churn, request, response, idle, buffer;
} options = { .warmup = 500, .window = 1000, .request = 64, .response = 64 };

static void die(const char *what)
{
    perror(what);
    exit(1);
}

/* To be called before it connects or listens, for the window's sake. */
static void bound_buffers(int fd)
{
    if (options.buffer > 0) {
        setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &options.buffer, sizeof options.buffer);
        setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &options.buffer, sizeof options.buffer);
    }
}

/* From HOST:PORT, the host in numbers. */
static struct sockaddr_in address(const char *text)
{
    struct sockaddr_in a = { .sin_family = AF_INET };
    char host[INET_ADDRSTRLEN] = {0};
    int port;
    if (sscanf(text, "%15[^:]:%d", host, &port) != 2 || inet_pton(AF_INET, host, &a.sin_addr) != 1) {
        fprintf(stderr, "%s is not HOST:PORT\n", text);
        exit(2);
    }
    a.sin_port = htons((uint16_t) port);
    return a;
}

#include "connection.h"
#include "idle.h"

static uint64_t enough = UINT64_MAX;

static void run_until(uint64_t end)
{
    for (uint64_t t = now(); t < end && received < enough; t = now()) {
        if (phase == DRAIN && open_clients + open_servers == 0)
            return;
        on_events(epoll, options.spin ? 0 : (int) ((end - t) / 1000000) + 1);
    }
}

static void watch_special(int fd, void *mark)
{
    struct epoll_event e = { .events = EPOLLIN, .data.ptr = mark };
    if (epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &e) != 0)
        die("epoll_ctl");
}

static void prepare(void)
{
    struct rlimit descriptors;
    int on = 1;
    alarm(LONGEST_LIFE_SECONDS);
    getrlimit(RLIMIT_NOFILE, &descriptors);
    descriptors.rlim_cur = descriptors.rlim_max;
    setrlimit(RLIMIT_NOFILE, &descriptors);
    for (size_t i = 0; i < CHUNK; i++)
        payload[i] = (char) (i * 31 + 7);
    listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    bound_buffers(listener);
    if (bind(listener, (struct sockaddr *) &options.listen, sizeof options.listen) != 0 || listen(listener, 4096) != 0)
        die("listen");
    if (options.file && ((file = memfd_create("bench", MFD_CLOEXEC)) < 0 || write(file, payload, CHUNK) != CHUNK))
        die("memfd");
}

static void prepare_epoll(void)
{
    epoll = epoll_create1(EPOLL_CLOEXEC);
    watch_special(listener, &listener);
    if (options.chat > 0 && options.up + options.down + options.both > 0) {
        chats = epoll_create1(EPOLL_CLOEXEC);
        watch_special(chats, &chats);
    }
}

static void print(const struct sample *from, const struct sample *to, uint64_t bytes)
{
    printf(" wall=%" PRIu64 " cpu=%" PRIu64 " user=%" PRIu64 " system=%" PRIu64 " core=%" PRIu64 " load=%" PRIu64,
           to->at - from->at, to->relay - from->relay, to->relay_user - from->relay_user,
           to->relay_system - from->relay_system, to->core - from->core, to->self - from->self);
    printf(" retransmits=%" PRIu64, to->retransmits - from->retransmits);
    printf(" bytes=%" PRIu64 " finished=%" PRIu64 " errors=%" PRIu64 " unclosed=%" PRIu64, bytes, finished, errors,
           open_clients + open_servers);
    printf(" p50=%.0f p99=%.0f p999=%.0f\n", percentile(&latencies, 0.5), percentile(&latencies, 0.99),
           percentile(&latencies, 0.999));
}

static void run(void)
{
    uint64_t millis = 1000000;
    struct sample from, to;
    prepare_epoll();
    open_clients_of(UP, options.up);
    open_clients_of(DOWN, options.down);
    open_clients_of(BOTH, options.both);
    open_clients_of(CHAT, options.chat);
    open_clients_of(CHURN, options.churn);
    run_until(now() + (uint64_t) options.warmup * millis);
    phase = WINDOW;
    uint64_t before = received;
    if (options.mebibytes > 0)
        enough = received + ((uint64_t) options.mebibytes << 20);
    from = take_sample(options.pid, options.core);
    run_until(from.at + (uint64_t) options.window * millis);
    to = take_sample(options.pid, options.core);
    uint64_t bytes = received - before;
    enough = UINT64_MAX;
    phase = DRAIN;
    run_until(now() + DRAIN_NANOS);
    print(&from, &to, bytes);
}

static void set_option(const char *argument)
{
    static const struct { const char *name; int *value; } known[] = {
        { "pid", &options.pid }, { "core", &options.core }, { "warmup", &options.warmup },
        { "window", &options.window }, { "mebibytes", &options.mebibytes },
        { "spin", &options.spin }, { "file", &options.file }, { "up", &options.up }, { "down", &options.down },
        { "both", &options.both }, { "chat", &options.chat }, { "churn", &options.churn },
        { "request", &options.request }, { "response", &options.response }, { "idle", &options.idle },
        { "buffer", &options.buffer },
    };
    if (strncmp(argument, "listen=", 7) == 0) {
        options.listen = address(argument + 7);
        return;
    }
    if (strncmp(argument, "connect=", 8) == 0) {
        options.connect = address(argument + 8);
        return;
    }
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        size_t n = strlen(known[i].name);
        if (strncmp(argument, known[i].name, n) == 0 && argument[n] == '=') {
            *known[i].value = atoi(argument + n + 1);
            return;
        }
    }
    fprintf(stderr, "load: unknown option %s\n", argument);
    exit(2);
}

int main(int argc, char **argv)
{
    struct idle_pairs idle = {0};
    for (int i = 1; i < argc; i++)
        set_option(argv[i]);
    prepare();
    if (options.idle > 0)
        idle = hold_idle_pairs(listener, options.idle);
    printf("held=%d", idle.held);
    if (options.up + options.down + options.both + options.chat + options.churn > 0) {
        run();
    } else {
        printf("\n");
        fflush(stdout);
        getchar(); /* until the caller has looked at the relay */
    }
    if (options.idle > 0)
        release_idle_pairs(&idle);
    return 0;
}

/*
 * What a relay costs at least: one thread, epoll, splice(2) or a plain copy, and nothing else.
 *
 *     relay splice|copy HOST:PORT HOST:PORT BYTES     where to listen, whom to connect to, size of a pipe or a buffer
 *
 * It passes on half-closes after the last byte and resets as resets, and an idle connection holds no pipe. Sockets are
 * watched once, edge-triggered, and are read until they would block, so a transfer needs no epoll_ctl.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#define TURN (256 * 1024) /* bytes; then the others are served */
#define POOLED 1024

/* Where the bytes wait between two sockets: a pipe, or memory. */
struct store {
    struct store *next_free;
    int fds[2];
    char *memory;
    size_t offset;
    size_t bytes;
};

struct pair;

/* One end of a pair, and the direction from it to the other. */
struct end {
    struct pair *pair;
    struct end *peer;
    int fd;
    int readable;
    int hung_up;  /* no event will tell of what is left to read */
    int finished; /* it has ended, and its peer was told so */
    struct store *store;
};

struct pair {
    struct end client;
    struct end server;
    int connected;
    int dead;
    int queued;
    struct pair *next;
};

static int splices;
static size_t capacity;
static struct sockaddr_in target;
static int epoll;
static struct store *pool;
static int pooled;
static struct pair *ready; /* have more to do without a further event */
static struct pair *dead;  /* are freed when no event can name them any more */

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

static struct store *get_store(void)
{
    struct store *s = pool;
    if (s != NULL) {
        pool = s->next_free;
        pooled--;
        return s;
    }
    s = calloc(1, sizeof *s);
    if (!splices) {
        s->memory = malloc(capacity);
    } else if (pipe2(s->fds, O_CLOEXEC | O_NONBLOCK) != 0) {
        perror("pipe2");
        exit(1);
    } else {
        fcntl(s->fds[1], F_SETPIPE_SZ, (int) capacity); /* past the soft limit the default has to do */
    }
    return s;
}

static void put_store(struct store *s)
{
    if ((splices && s->bytes > 0) || pooled == POOLED) {
        if (splices) {
            close(s->fds[0]);
            close(s->fds[1]);
        }
        free(s->memory);
        free(s);
        return;
    }
    s->bytes = 0;
    s->offset = 0;
    s->next_free = pool;
    pool = s;
    pooled++;
}

static ssize_t fill(struct store *s, int fd)
{
    ssize_t n = splices ? splice(fd, NULL, s->fds[1], NULL, capacity, SPLICE_F_MOVE | SPLICE_F_NONBLOCK)
                        : recv(fd, s->memory, capacity, 0);
    if (n > 0)
        s->bytes = (size_t) n;
    return n;
}

static ssize_t drain(struct store *s, int fd)
{
    ssize_t n = splices ? splice(s->fds[0], NULL, fd, NULL, s->bytes, SPLICE_F_MOVE | SPLICE_F_NONBLOCK)
                        : send(fd, s->memory + s->offset, s->bytes, MSG_NOSIGNAL);
    if (n > 0) {
        s->bytes -= (size_t) n;
        s->offset = s->bytes == 0 ? 0 : s->offset + (size_t) n;
    }
    return n;
}

static void release(struct end *from)
{
    if (from->store != NULL) {
        put_store(from->store);
        from->store = NULL;
    }
}

static void close_pair(struct pair *p, int with_reset)
{
    struct linger none = { .l_onoff = 1 };
    if (p->dead)
        return;
    if (with_reset) {
        setsockopt(p->client.fd, SOL_SOCKET, SO_LINGER, &none, sizeof none);
        setsockopt(p->server.fd, SOL_SOCKET, SO_LINGER, &none, sizeof none);
    }
    close(p->client.fd);
    close(p->server.fd);
    release(&p->client);
    release(&p->server);
    p->dead = 1;
    if (!p->queued) {
        p->next = dead;
        dead = p;
    }
}

/* Whether all that was read is written. The pair may be dead afterwards. */
static int drained(struct end *from)
{
    while (from->store != NULL && from->store->bytes > 0) {
        if (drain(from->store, from->peer->fd) >= 0 || errno == EINTR)
            continue;
        if (errno != EAGAIN)
            close_pair(from->pair, 1);
        return 0; /* EPOLLOUT comes when there is room */
    }
    return !from->pair->dead;
}

static void finish(struct end *from)
{
    from->readable = 0;
    from->finished = 1;
    shutdown(from->peer->fd, SHUT_WR);
    if (from->peer->finished)
        close_pair(from->pair, 0);
}

/* Returns the bytes read. */
static size_t read_once(struct end *from)
{
    if (from->store == NULL)
        from->store = get_store();
    ssize_t n = fill(from->store, from->fd);
    if (n == 0) {
        finish(from);
    } else if (n > 0) {
        /* So much less than was asked for: the next event tells of more. A pipe may be full of small pieces. */
        if (!splices && (size_t) n < capacity && !from->hung_up)
            from->readable = 0;
    } else if (errno == EAGAIN) {
        from->readable = 0; /* the pipe is empty, so it is the source that would block */
    } else if (errno != EINTR) {
        close_pair(from->pair, 1);
    }
    return n > 0 ? (size_t) n : 0;
}

/* Returns 1 if it stopped only because it is the others' turn. */
static int move(struct end *from)
{
    size_t moved = 0;
    while (drained(from) && from->readable) {
        if (moved >= TURN)
            return 1;
        moved += read_once(from);
    }
    if (from->store != NULL && from->store->bytes == 0)
        release(from);
    return 0;
}

static void enqueue(struct pair *p)
{
    if (!p->queued && !p->dead) {
        p->queued = 1;
        p->next = ready;
        ready = p;
    }
}

static void run_ready(void)
{
    struct pair *p = ready;
    ready = NULL;
    while (p != NULL) {
        struct pair *next = p->next;
        p->queued = 0;
        if (p->dead)
            free(p);
        else if (move(&p->client) | (!p->dead && move(&p->server)))
            enqueue(p);
        p = next;
    }
}

static void free_dead(void)
{
    while (dead != NULL) {
        struct pair *p = dead;
        dead = p->next;
        free(p);
    }
}

static void watch(struct end *e)
{
    struct epoll_event event = { .events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, .data.ptr = e };
    int on = 1;
    setsockopt(e->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (epoll_ctl(epoll, EPOLL_CTL_ADD, e->fd, &event) != 0)
        perror("epoll_ctl");
}

static void open_pair(int client)
{
    struct pair *p = calloc(1, sizeof *p);
    p->client = (struct end) { .pair = p, .peer = &p->server, .fd = client };
    p->server = (struct end) { .pair = p, .peer = &p->client };
    p->server.fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (p->server.fd < 0) {
        perror("socket");
        close(client);
        free(p);
        return;
    }
    if (connect(p->server.fd, (struct sockaddr *) &target, sizeof target) != 0 && errno != EINPROGRESS) {
        close_pair(p, 1);
        return;
    }
    watch(&p->client);
    watch(&p->server);
}

static void accept_all(int listener)
{
    int fd;
    while ((fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0)
        open_pair(fd);
}

static void on_connected(struct pair *p)
{
    int error = 0;
    socklen_t size = sizeof error;
    getsockopt(p->server.fd, SOL_SOCKET, SO_ERROR, &error, &size);
    p->connected = error == 0;
    if (error != 0)
        close_pair(p, 1);
    else if (move(&p->client) | (!p->dead && move(&p->server)))
        enqueue(p);
}

static void on_event(struct end *e, uint32_t events)
{
    struct pair *p = e->pair;
    if (p->dead)
        return;
    e->hung_up |= (events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0;
    if ((events & ~(uint32_t) EPOLLOUT) != 0)
        e->readable = !e->finished;
    if (e->finished && (events & EPOLLERR) != 0) {
        close_pair(p, 1); /* it was reset after its end: nothing that is read would tell */
        return;
    }
    if (!p->connected) {
        if (e == &p->server)
            on_connected(p);
        return;
    }
    int more = e->readable && move(e);
    if (!p->dead && (events & EPOLLOUT) != 0)
        more |= move(e->peer);
    if (more)
        enqueue(p);
}

static int open_listener(struct sockaddr_in at)
{
    int on = 1;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(fd, (struct sockaddr *) &at, sizeof at) != 0 || listen(fd, 4096) != 0) {
        perror("listen");
        exit(1);
    }
    struct epoll_event event = { .events = EPOLLIN, .data.ptr = NULL };
    epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
    return fd;
}

int main(int argc, char **argv)
{
    struct rlimit descriptors;
    if (argc != 5) {
        fprintf(stderr, "relay splice|copy LISTEN TARGET BYTES\n");
        return 2;
    }
    signal(SIGPIPE, SIG_IGN);
    getrlimit(RLIMIT_NOFILE, &descriptors);
    descriptors.rlim_cur = descriptors.rlim_max;
    setrlimit(RLIMIT_NOFILE, &descriptors);
    splices = strcmp(argv[1], "splice") == 0;
    target = address(argv[3]);
    capacity = (size_t) atol(argv[4]);
    epoll = epoll_create1(EPOLL_CLOEXEC);
    int listener = open_listener(address(argv[2]));
    for (;;) {
        struct epoll_event events[256];
        int n = epoll_wait(epoll, events, 256, ready != NULL ? 0 : -1);
        for (int i = 0; i < n; i++) {
            if (events[i].data.ptr == NULL)
                accept_all(listener);
            else
                on_event(events[i].data.ptr, events[i].events);
        }
        run_ready();
        free_dead();
    }
}

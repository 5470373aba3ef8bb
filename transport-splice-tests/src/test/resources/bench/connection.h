/* One connection of the load, at the client's or the server's end, and what it does when epoll tells of it. */
#define CHUNK (256 * 1024)
#define MAGIC 0x62656e63u

enum role { UP = 1, DOWN, BOTH, CHAT, CHURN };
enum phase { WARMUP, WINDOW, DRAIN };

/* The first bytes that a client sends, part of its first request: what the server is to do. */
struct header {
    uint32_t role;
    uint32_t request;
    uint32_t response;
    uint32_t magic;
};

struct connection {
    int fd;
    int is_server;
    int watches_output;
    int sent_all; /* the FIN is out */
    uint32_t header_bytes;
    struct header header;
    uint64_t to_send;
    uint64_t to_receive; /* of the current request or response */
    uint64_t sent_at;
};

static enum phase phase;
static int epoll;
static int chats = -1; /* an epoll set of their own beside bulk, looked at between two transfers */
static int listener;
static int file = -1;
static uint64_t open_clients, open_servers, errors, received, finished;
static struct histogram latencies;
static char payload[CHUNK];
static char sink[1 << 20];

static int is_bulk(const struct connection *c)
{
    return c->header.role >= UP && c->header.role <= BOTH; /* 0: the header has not come yet */
}

static int streams_out(const struct connection *c)
{
    return c->header.role == BOTH || c->header.role == (c->is_server ? DOWN : UP);
}

static void watch(struct connection *c, int operation, int output)
{
    struct epoll_event e = { .events = EPOLLIN | (output ? EPOLLOUT : 0), .data.ptr = c };
    int set = chats >= 0 && c->header.role == CHAT ? chats : epoll;
    if (epoll_ctl(set, operation, c->fd, &e) != 0)
        die("epoll_ctl");
    c->watches_output = output;
}

static void want_output(struct connection *c, int output)
{
    if (c->watches_output != output)
        watch(c, EPOLL_CTL_MOD, output);
}

static void open_client(enum role role);

static void close_connection(struct connection *c)
{
    int anew = !c->is_server && c->header.role == CHURN && phase != DRAIN;
    if (c->is_server)
        open_servers--;
    else
        open_clients--;
    close(c->fd);
    free(c);
    if (anew)
        open_client(CHURN);
}

/* Returns -1: the connection is no more. */
static int fail(struct connection *c)
{
    errors++;
    close_connection(c);
    return -1;
}

static void end_output(struct connection *c)
{
    if (!c->sent_all) {
        c->sent_all = 1;
        shutdown(c->fd, SHUT_WR);
        want_output(c, 0);
    }
}

static int send_pending(struct connection *c)
{
    while (c->to_send > 0) {
        size_t n = c->to_send < CHUNK ? (size_t) c->to_send : CHUNK;
        ssize_t sent = send(c->fd, payload, n, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (sent < 0 && errno == EAGAIN) {
            want_output(c, 1);
            return 0;
        }
        if (sent < 0)
            return fail(c);
        c->to_send -= (uint64_t) sent;
    }
    want_output(c, 0);
    if (c->is_server && c->header.role == CHURN)
        end_output(c); /* the server closes first, as in HTTP/1.0: no client's port has to wait */
    return 0;
}

static int stream_out(struct connection *c)
{
    off_t start = 0;
    ssize_t sent;
    if (phase == DRAIN) {
        end_output(c);
        return 0;
    }
    sent = file >= 0 ? sendfile(c->fd, file, &start, CHUNK) : send(c->fd, payload, CHUNK, MSG_NOSIGNAL | MSG_DONTWAIT);
    return sent < 0 && errno != EAGAIN ? fail(c) : 0;
}

static int send_request(struct connection *c)
{
    memcpy(payload, &c->header, sizeof c->header);
    c->sent_at = now();
    c->to_send = is_bulk(c) ? sizeof c->header : c->header.request;
    c->to_receive = c->header.response;
    return send_pending(c);
}

static void open_client(enum role role)
{
    struct connection *c = calloc(1, sizeof *c);
    int on = 1;
    c->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    bound_buffers(c->fd);
    c->header = (struct header) { role, (uint32_t) options.request, (uint32_t) options.response, MAGIC };
    c->header_bytes = sizeof c->header;
    if (connect(c->fd, (struct sockaddr *) &options.connect, sizeof options.connect) != 0) /* the kernel accepts for the relay: no wait */
        die("connect");
    if (file >= 0)
        fcntl(c->fd, F_SETFL, O_NONBLOCK); /* sendfile has no flag for it */
    open_clients++;
    watch(c, EPOLL_CTL_ADD, 0);
    if (send_request(c) == 0 && is_bulk(c))
        want_output(c, streams_out(c));
}

static void open_clients_of(enum role role, int n)
{
    while (n-- > 0)
        open_client(role);
}

static void accept_all(void)
{
    int fd, on = 1;
    while ((fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
        struct connection *c = calloc(1, sizeof *c);
        c->fd = fd;
        c->is_server = 1;
        open_servers++;
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        watch(c, EPOLL_CTL_ADD, 0);
    }
}

/* Takes the header from the first bytes of a connection; returns how many of them it was. */
static size_t take_header(struct connection *c, size_t n)
{
    size_t wanted = sizeof c->header - c->header_bytes;
    size_t taken = n < wanted ? n : wanted;
    memcpy((char *) &c->header + c->header_bytes, sink, taken);
    c->header_bytes += (uint32_t) taken;
    if (c->header_bytes < sizeof c->header)
        return taken;
    if (c->header.magic != MAGIC) {
        fprintf(stderr, "a connection begins with bytes that are not its own\n");
        exit(1);
    }
    if (chats >= 0 && c->header.role == CHAT) {
        epoll_ctl(epoll, EPOLL_CTL_DEL, c->fd, NULL);
        watch(c, EPOLL_CTL_ADD, 0);
    }
    want_output(c, streams_out(c));
    c->to_receive = c->header.request - sizeof c->header;
    return taken;
}

static void on_response(struct connection *c)
{
    if (phase == WINDOW) {
        finished++;
        record(&latencies, now() - c->sent_at);
    }
    if (c->header.role == CHURN)
        return; /* the server's FIN comes next */
    if (phase == DRAIN)
        end_output(c);
    else
        send_request(c);
}

static void on_message(struct connection *c)
{
    if (c->is_server) {
        c->to_receive = c->header.request;
        c->to_send = c->header.response;
        send_pending(c);
    } else {
        on_response(c);
    }
}

static void on_end(struct connection *c)
{
    int cut_short = is_bulk(c) ? phase != DRAIN : !c->is_server && c->to_receive > 0;
    if (cut_short)
        errors++;
    close_connection(c);
}

static void on_input(struct connection *c)
{
    int has_header = c->header_bytes == sizeof c->header;
    ssize_t n = recv(c->fd, sink, sizeof sink, MSG_DONTWAIT | (has_header ? MSG_TRUNC : 0));
    if (n < 0) {
        if (errno != EAGAIN)
            fail(c);
        return;
    }
    if (n == 0) {
        on_end(c);
        return;
    }
    if (!has_header)
        n -= (ssize_t) take_header(c, (size_t) n);
    received += (uint64_t) n;
    if (c->header_bytes < sizeof c->header || is_bulk(c))
        return;
    c->to_receive -= (uint64_t) n < c->to_receive ? (uint64_t) n : c->to_receive;
    if (c->to_receive == 0)
        on_message(c);
}

static void on_events(int set, int timeout);

static void on_event(const struct epoll_event *e)
{
    struct connection *c = e->data.ptr;
    if (e->data.ptr == &listener) {
        accept_all();
        return;
    }
    if (e->data.ptr == &chats) {
        on_events(chats, 0);
        return;
    }
    int bulk = is_bulk(c);
    if ((e->events & EPOLLOUT) != 0 && (bulk ? stream_out(c) : send_pending(c)) < 0)
        return;
    if ((e->events & ~(uint32_t) EPOLLOUT) != 0)
        on_input(c);
    if (bulk && chats >= 0)
        on_events(chats, 0); /* a chat shall wait for the relay, and not for us */
}

static void on_events(int set, int timeout)
{
    struct epoll_event events[64];
    int n = epoll_wait(set, events, 64, timeout);
    for (int i = 0; i < n; i++)
        on_event(&events[i]);
}

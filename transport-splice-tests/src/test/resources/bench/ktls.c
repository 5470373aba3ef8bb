/*
 * Puts TLS of the kernel (kTLS) upon one direction of a TCP connection of this machine, with keys that everybody knows: what
 * the sender sends is encrypted and the receiver decrypts it, both in the kernel, and their processes see plain bytes.
 *
 * usage: ktls SENDER_PID PORT RECEIVER_PID PORT: the process and the local port of either end. Says "joined". For each line
 * on its standard input it sends a warning alert, a record that is no data. Exit code 2: this machine does not allow it.
 */
#include "connection_end.h"
#include <linux/tls.h>
#include <netinet/tcp.h>

#define RECORD_ALERT 21

static void encrypt(int socket, int direction) {
    struct tls12_crypto_info_aes_gcm_128 keys;
    memset(&keys, 0, sizeof keys);
    keys.info.version = TLS_1_2_VERSION;
    keys.info.cipher_type = TLS_CIPHER_AES_GCM_128;
    if (setsockopt(socket, IPPROTO_TCP, TCP_ULP, "tls", sizeof "tls"))
        fail("TCP_ULP");
    if (setsockopt(socket, SOL_TLS, direction, &keys, sizeof keys))
        fail("SOL_TLS");
}

static void alert(int socket) {
    unsigned char close_notify[] = {1, 90};
    struct iovec data = {close_notify, sizeof close_notify};
    char control[CMSG_SPACE(1)];
    struct msghdr message = {.msg_iov = &data, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_TLS;
    header->cmsg_type = TLS_SET_RECORD_TYPE;
    header->cmsg_len = CMSG_LEN(1);
    *CMSG_DATA(header) = RECORD_ALERT;
    message.msg_controllen = header->cmsg_len;
    if (sendmsg(socket, &message, 0) < 0)
        fail("sendmsg");
}

int main(int argc, char **argv) {
    if (argc != 5) {
        fprintf(stderr, "usage: ktls SENDER_PID PORT RECEIVER_PID PORT\n");
        return 1;
    }
    int sender = borrow(atoi(argv[1]), atoi(argv[2]), atoi(argv[4]));
    int receiver = borrow(atoi(argv[3]), atoi(argv[4]), atoi(argv[2]));
    encrypt(receiver, TLS_RX);
    encrypt(sender, TLS_TX);
    close(receiver);
    puts("joined");
    fflush(stdout);
    for (int c; (c = getchar()) != EOF;)
        if (c == '\n') {
            alert(sender);
            puts("sent");
            fflush(stdout);
        }
    return 0;
}

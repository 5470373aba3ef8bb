/*
 * Joins the two ends of a TCP connection of this machine by a BPF sockmap, as service meshes do to get past the network:
 * what is sent by one end is handed to the other, which finds it in a queue that splice(2) does not know.
 *
 * usage: sockmap PID PORT PID PORT: the process and the local port of either end. Says "joined", and ends with its
 * standard input. Exit code 2: this machine does not allow it.
 */
#include "connection_end.h"
#include <linux/bpf.h>
#include <stddef.h>
#include <stdint.h>

static int bpf(int command, union bpf_attr *attributes, const char *name) {
    int result = syscall(SYS_bpf, command, attributes, sizeof *attributes);
    if (result < 0)
        fail(name);
    return result;
}

static int new_map(void) {
    union bpf_attr a;
    memset(&a, 0, sizeof a);
    a.map_type = BPF_MAP_TYPE_SOCKMAP;
    a.key_size = sizeof(uint32_t);
    a.value_size = sizeof(uint32_t);
    a.max_entries = 2;
    return bpf(BPF_MAP_CREATE, &a, "BPF_MAP_CREATE");
}

/* What the end at that port, number 0 of the map, sends is for number 1, and the other way round. */
static int new_program(int map, int first_port) {
    struct bpf_insn code[] = {
        {.code = BPF_LDX | BPF_MEM | BPF_W, .dst_reg = 2, .src_reg = 1, .off = offsetof(struct sk_msg_md, local_port)},
        {.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = 3, .imm = 1},
        {.code = BPF_JMP | BPF_JEQ | BPF_K, .dst_reg = 2, .off = 1, .imm = first_port},
        {.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = 3, .imm = 0},
        {.code = BPF_LD | BPF_DW | BPF_IMM, .dst_reg = 2, .src_reg = BPF_PSEUDO_MAP_FD, .imm = map},
        {0},
        {.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = 4, .imm = BPF_F_INGRESS},
        {.code = BPF_JMP | BPF_CALL, .imm = BPF_FUNC_msg_redirect_map},
        {.code = BPF_JMP | BPF_EXIT},
    };
    static char log[16384];
    union bpf_attr a;
    memset(&a, 0, sizeof a);
    a.prog_type = BPF_PROG_TYPE_SK_MSG;
    a.insns = (uintptr_t)code;
    a.insn_cnt = sizeof code / sizeof *code;
    a.license = (uintptr_t) "GPL";
    a.log_buf = (uintptr_t)log;
    a.log_size = sizeof log;
    a.log_level = 1;
    return bpf(BPF_PROG_LOAD, &a, log[0] ? log : "BPF_PROG_LOAD");
}

static void attach(int program, int map) {
    union bpf_attr a;
    memset(&a, 0, sizeof a);
    a.target_fd = map;
    a.attach_bpf_fd = program;
    a.attach_type = BPF_SK_MSG_VERDICT;
    bpf(BPF_PROG_ATTACH, &a, "BPF_PROG_ATTACH");
}

static void put(int map, uint32_t key, int socket) {
    uint32_t value = socket;
    union bpf_attr a;
    memset(&a, 0, sizeof a);
    a.map_fd = map;
    a.key = (uintptr_t)&key;
    a.value = (uintptr_t)&value;
    bpf(BPF_MAP_UPDATE_ELEM, &a, "BPF_MAP_UPDATE_ELEM");
    close(socket);
}

int main(int argc, char **argv) {
    if (argc != 5) {
        fprintf(stderr, "usage: sockmap PID PORT PID PORT\n");
        return 1;
    }
    int first_port = atoi(argv[2]), second_port = atoi(argv[4]);
    int first = borrow(atoi(argv[1]), first_port, second_port);
    int second = borrow(atoi(argv[3]), second_port, first_port);
    int map = new_map();
    attach(new_program(map, first_port), map);
    put(map, 0, first);
    put(map, 1, second);
    puts("joined");
    fflush(stdout);
    while (getchar() != EOF)
        ;
    return 0;
}

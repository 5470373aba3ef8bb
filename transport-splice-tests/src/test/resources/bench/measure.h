/* What load.c measures with: clocks, the CPU time of the relay, and a histogram of latencies. */
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static uint64_t nanos_of(clockid_t clock)
{
    struct timespec t;
    if (clock_gettime(clock, &t) != 0)
        return 0;
    return (uint64_t) t.tv_sec * 1000000000u + (uint64_t) t.tv_nsec;
}

static uint64_t now(void)
{
    return nanos_of(CLOCK_MONOTONIC);
}

/*
 * Log-linear: 64 buckets for each power of two, so a value is known to 1.6 %, from 1 ns to 18 minutes in 20 KiB.
 * A value below 64 is its own bucket.
 */
#define SUB 64
#define BUCKETS (SUB * 36)

struct histogram {
    uint64_t count;
    uint64_t bucket[BUCKETS];
};

static int bucket_of(uint64_t value)
{
    if (value < SUB)
        return (int) value;
    int shift = 63 - __builtin_clzll(value) - 6;
    int index = (shift + 1) * SUB + (int) ((value >> shift) - SUB);
    return index < BUCKETS ? index : BUCKETS - 1;
}

static void record(struct histogram *h, uint64_t value)
{
    h->count++;
    h->bucket[bucket_of(value)]++;
}

/* The middle of the bucket in which the share p of all values is reached. */
static double percentile(const struct histogram *h, double p)
{
    uint64_t left = (uint64_t) (p * (double) h->count);
    for (int i = 0; i < BUCKETS; i++) {
        if (h->bucket[i] > left) {
            int shift = i < SUB ? 0 : i / SUB - 1;
            double low = i < SUB ? i : (double) ((uint64_t) (i % SUB + SUB) << shift);
            return low + (double) ((uint64_t) 1 << shift) / 2;
        }
        left -= h->bucket[i];
    }
    return 0;
}

/* One look at everything that a window of time is measured by. */
struct sample {
    uint64_t at;          /* monotonic ns */
    uint64_t relay;       /* CPU ns of the relay, all its threads, exact */
    uint64_t relay_user;  /* the same in ticks, to know the shares of user and system */
    uint64_t relay_system;
    uint64_t core;        /* ticks that the relay's core was busy with anything */
    uint64_t self;        /* CPU ns of this process */
    uint64_t retransmits; /* segments of TCP, of everybody in this network namespace */
};

static void read_relay_ticks(int pid, struct sample *s)
{
    char path[64];
    char text[1024];
    snprintf(path, sizeof path, "/proc/%d/stat", pid);
    FILE *f = fopen(path, "r");
    if (f == NULL)
        return;
    size_t n = fread(text, 1, sizeof text - 1, f);
    fclose(f);
    text[n] = 0;
    char *name_end = strrchr(text, ')'); /* the name before it may hold anything */
    if (name_end != NULL)
        sscanf(name_end + 2, "%*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %" SCNu64 " %" SCNu64,
               &s->relay_user, &s->relay_system);
}

static void read_core_ticks(int core, struct sample *s)
{
    char line[512];
    char wanted[16];
    FILE *f = fopen("/proc/stat", "r");
    if (f == NULL)
        return;
    snprintf(wanted, sizeof wanted, "cpu%d ", core);
    while (fgets(line, sizeof line, f) != NULL) {
        uint64_t user, nice, system, idle, wait, irq, soft, steal;
        if (strncmp(line, wanted, strlen(wanted)) == 0
            && sscanf(line + strlen(wanted), "%" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64
                      " %" SCNu64 " %" SCNu64, &user, &nice, &system, &idle, &wait, &irq, &soft, &steal) == 8)
            s->core = user + nice + system + irq + soft + steal;
    }
    fclose(f);
}

/* The line of TCP's values follows that of their names; the twelfth is RetransSegs. */
static void read_retransmits(struct sample *s)
{
    char line[512];
    FILE *f = fopen("/proc/net/snmp", "r");
    if (f == NULL)
        return;
    while (fgets(line, sizeof line, f) != NULL)
        sscanf(line, "Tcp: %*d %*d %*d %*d %*d %*d %*d %*d %*d %*d %*d %" SCNu64, &s->retransmits);
    fclose(f);
}

static struct sample take_sample(int pid, int core)
{
    struct sample s = {0};
    clockid_t clock;
    s.at = now();
    s.self = nanos_of(CLOCK_PROCESS_CPUTIME_ID);
    if (pid > 0 && clock_getcpuclockid(pid, &clock) == 0)
        s.relay = nanos_of(clock);
    read_relay_ticks(pid, &s);
    read_core_ticks(core, &s);
    read_retransmits(&s);
    return s;
}

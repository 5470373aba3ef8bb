/* offload DEVICE: switches off what lets a virtual device carry more than its MTU at once. ethtool(8) is seldom there. */
#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

int main(int argc, char **argv)
{
    static const __u32 offloads[] = { ETHTOOL_STSO, ETHTOOL_SGSO, ETHTOOL_SGRO };
    int fd = socket(AF_INET, SOCK_DGRAM, 0);
    if (argc != 2 || fd < 0)
        return 2;
    for (size_t i = 0; i < sizeof offloads / sizeof offloads[0]; i++) {
        struct ethtool_value off = { .cmd = offloads[i], .data = 0 };
        struct ifreq request = { .ifr_data = (void *) &off };
        strncpy(request.ifr_name, argv[1], IFNAMSIZ - 1);
        if (ioctl(fd, SIOCETHTOOL, &request) != 0) {
            perror("SIOCETHTOOL");
            return 1;
        }
    }
    return 0;
}

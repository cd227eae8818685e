#include <pcap/pcap.h>
#include <sys/prctl.h>

// Opening a device takes rights that dissecting packets must not have. The calls that give rights up are in the C
// library, but declared for libcap alone (capset, capget), or take a variable number of arguments, which Swift cannot
// pass (prctl).
int capset(void *header, const void *data);
int capget(void *header, void *data);

static inline int regtape_prctl(int option, unsigned long value) { return prctl(option, value, 0UL, 0UL, 0UL); }

// What SO_ATTACH_FILTER takes: struct sock_fprog, whose own header does not go with that of libpcap.
struct regtape_socket_filter {
    unsigned short count;
    struct bpf_insn *instructions;
};

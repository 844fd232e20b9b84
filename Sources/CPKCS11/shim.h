// The declarations only: the module is opened at run time, and libp11-kit is not linked. Without this the header is full of macros
// that rename the members of its structures.
#define CRYPTOKI_GNU 1
#include <p11-kit-1/p11-kit/pkcs11.h>

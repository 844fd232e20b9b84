#include <sys/types.h>

/* Of Linux, and in the C library, but declared by its headers for programs in C that ask for them only: copy_file_range(2), renameat2(2), syncfs(2). */
ssize_t copy_file_range(int from, __off64_t *from_position, int to, __off64_t *to_position, size_t count, unsigned int flags);
int renameat2(int from_folder, const char *from, int to_folder, const char *to, unsigned int flags);
int syncfs(int descriptor);

static const unsigned int rename_noreplace = 1;

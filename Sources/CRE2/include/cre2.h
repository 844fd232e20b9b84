// The part of RE2 that Gatehouse needs, as C. Nothing here throws or keeps a pointer that it was given.
#ifndef GATEHOUSE_CRE2_H
#define GATEHOUSE_CRE2_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/// A compiled pattern. It does not change, so any number of threads may match with it.
typedef struct cre2_pattern cre2_pattern;

/// Compiles a pattern of `length` UTF-8 bytes with at most `max_memory` bytes for its programs and automata.
/// NULL when it is no RE2 pattern, when it needs more memory, or when there is none. To be freed with cre2_free.
cre2_pattern *cre2_compile(const char *pattern, size_t length, int64_t max_memory);

/// Whether the pattern matches anywhere in `length` UTF-8 bytes; in time linear in `length`.
bool cre2_matches(const cre2_pattern *pattern, const char *text, size_t length);

void cre2_free(cre2_pattern *pattern);

#ifdef __cplusplus
}
#endif

#endif

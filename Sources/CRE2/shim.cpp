#include "cre2.h"

#include <new>

#include <re2/re2.h>

struct cre2_pattern {
    re2::RE2 compiled;

    cre2_pattern(re2::StringPiece text, const re2::RE2::Options &options) : compiled(text, options) {}
};

extern "C" cre2_pattern *cre2_compile(const char *pattern, size_t length, int64_t max_memory) {
    // An exception must not unwind into Swift; RE2 throws none itself, its allocations may.
    try {
        re2::RE2::Options options;
        options.set_log_errors(false);
        options.set_encoding(re2::RE2::Options::EncodingUTF8);
        options.set_max_mem(max_memory);
        // No caller asks where the match is or what a group holds, so none need be kept.
        options.set_never_capture(true);
        cre2_pattern *result = new cre2_pattern(re2::StringPiece(pattern, length), options);
        if (!result->compiled.ok()) {
            delete result;
            return nullptr;
        }
        return result;
    } catch (...) {
        return nullptr;
    }
}

extern "C" bool cre2_matches(const cre2_pattern *pattern, const char *text, size_t length) {
    return pattern->compiled.Match(re2::StringPiece(text, length), 0, length, re2::RE2::UNANCHORED, nullptr, 0);
}

extern "C" void cre2_free(cre2_pattern *pattern) { delete pattern; }

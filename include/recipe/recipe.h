/* SPDX-License-Identifier: Apache-2.0 */
/*
 * librecipe: recipes composed, checked and planned inside a program, without Slurm and without a subprocess.
 * docs/api.md describes every key of a request and of an answer, with examples.
 *
 * Each function takes a request and gives an answer. Both are JSON objects (RFC 8259) as NUL-terminated UTF-8 text.
 * A request of NULL means {}. Unknown keys, keys that are given twice, wrong types, text that is not UTF-8, more than
 * 4 MiB and deep nesting are refused with diagnostics of the code api.request, which name the key.
 *
 * Every answer holds "ok", true if the function did what was asked (the status is RECIPE_OK), and "diagnostics", a
 * list of {"severity", "code", "key", "source", "place", "message", "fix"}, which may hold warnings and hints where
 * "ok" is true. Beside these it holds what the function found. Programs ignore keys of an answer that they do not know:
 * later versions add some. Answers are one line of valid UTF-8; bytes of files or of the environment that are not UTF-8
 * read U+FFFD.
 *
 * Ownership: the request stays the caller's and is not kept. The answer is the caller's, who gives it to recipe_free().
 *
 * Threads: all functions may be called from any number of threads at once. Nothing is kept between calls but where the
 * library's own data lies. Where a request has no "environment" or "working_directory", the process's own are read
 * during the call; no other thread may change them (setenv, chdir) meanwhile. Name both, and nothing of the process is
 * read. A thread inside a call must not be cancelled (pthread_cancel).
 *
 * Errors: no function throws, exits or prints. errno may change.
 * Files are read with the rights of the process. None is written. A file system that does not answer blocks the call.
 *
 * Secrets of a recipe read *** in configurations and diagnostics, and ***secret-N*** in plans (docs/secrets.md).
 */
#ifndef RECIPE_RECIPE_H
#define RECIPE_RECIPE_H

#if defined(__GNUC__)
#define RECIPE_EXPORT __attribute__((visibility("default")))
#else
#define RECIPE_EXPORT
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* Raised when functions, keys of requests or keys of answers are added. What is there keeps its meaning as long as the
 * library is librecipe.so.0. recipe_version() tells the number of the library that was loaded. */
#define RECIPE_API 1

#define RECIPE_OK 0          /* as asked */
#define RECIPE_REFUSED 1     /* something is wrong with the recipe, an override, the site file or a collection */
#define RECIPE_BAD_REQUEST 2 /* the request is not one; or there is no place for the answer */
#define RECIPE_FAILED 3      /* an error of the library itself (code api.failed) */
#define RECIPE_NO_MEMORY 4   /* there is no answer: *answer is NULL */

/*
 * Each returns one of the above and sets *answer to text that recipe_free() takes, or to NULL where there is no memory
 * for one. `answer` must not be NULL.
 */

/* The configuration of a recipe with its overrides, after interpolation: {"recipe", "file", "collection", "config"}. */
RECIPE_EXPORT int recipe_compose(const char* request, char** answer);

/* What is wrong with a recipe, and what may be: {"recipe"}. */
RECIPE_EXPORT int recipe_check(const char* request, char** answer);

/* The launch plan, and the Slurm options that a submission would set: {"recipe", "plan", "options"}. */
RECIPE_EXPORT int recipe_plan(const char* request, char** answer);

/* Device memory of a training step, in MiB (2^20 bytes) per rank, against what the devices have: {"recipe", "fit"}. */
RECIPE_EXPORT int recipe_fit(const char* request, char** answer);

/* The recipes that can be found, by name: {"recipes", "collections"}. */
RECIPE_EXPORT int recipe_list(const char* request, char** answer);

/* Which library this is, and where its data lies: {"version", "api", "plan", "data"}. The request has no keys. */
RECIPE_EXPORT int recipe_version(const char* request, char** answer);

/* Frees an answer. NULL is allowed. */
RECIPE_EXPORT void recipe_free(char* answer);

#ifdef __cplusplus
}
#endif

#endif

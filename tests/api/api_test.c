/* SPDX-License-Identifier: Apache-2.0 */
/*
 * librecipe as a C program sees it: every function, its errors, and all of them from several threads at once.
 * The texts of requests and answers have unit tests (tests/unit/api); here they only have to be the right ones.
 */
#include <recipe/recipe.h>

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef int (*function)(const char* request, char** answer);

static int checks = 0;
static int failures = 0;

static void check(int holds, int line, const char* what, const char* seen) {
    ++checks;
    if (holds) return;
    ++failures;
    fprintf(stderr, "%s:%d: %s\n    %s\n", __FILE__, line, what, seen != NULL ? seen : "(no answer)");
}
#define CHECK(holds, seen) check((holds), __LINE__, #holds, (seen))

/* One call and what is expected of it: the status and a part of the answer. */
static void expect(int line, function call, const char* request, int status, const char* part) {
    char* answer = NULL;
    const int got = call(request, &answer);
    check(got == status, line, "another status", answer);
    check(answer != NULL && strstr(answer, part) != NULL, line, part, answer);
    check(answer != NULL && strncmp(answer, status == RECIPE_OK ? "{\"ok\":true" : "{\"ok\":false", 10) == 0, line,
          "the answer begins with ok", answer);
    recipe_free(answer);
}
#define EXPECT(call, request, status, part) expect(__LINE__, (call), (request), (status), (part))

/* Nothing of the process counts: no site file, no environment. */
#define SURROUNDINGS "\"environment\":{},\"working_directory\":\"/\",\"site\":\"" SITE_FILE "\""
#define LLAMA "{" SURROUNDINGS ",\"recipe\":\"llama3_2_1b_pretrain\""

static const struct {
    function call;
    const char* request;
    int status;
    const char* part;
} calls[] = {
    {recipe_version, "{}", RECIPE_OK, "\"api\":1"},
    {recipe_version, NULL, RECIPE_OK, "\"version\":\"" VERSION "\""},
    {recipe_list, "{" SURROUNDINGS "}", RECIPE_OK, "/llama3_2_1b_pretrain\",\"file\":\"/"},
    {recipe_compose, LLAMA ",\"overrides\":[\"trainer.num_nodes=4\"]}", RECIPE_OK, "\"num_nodes\":4"},
    {recipe_compose, LLAMA ",\"overrides\":[\"trainer.num_nods=4\"]}", RECIPE_REFUSED,
     "did you mean `trainer.num_nodes`?"},
    {recipe_check, LLAMA "}", RECIPE_OK, "\"recipe\":\"llama3_2_1b_pretrain\""},
    {recipe_check, LLAMA ",\"overrides\":[\"instance_type=g5.48xlarge\",\"model.fp8=True\"]}", RECIPE_REFUSED,
     "\"code\":\"precision.fp8\""},
    {recipe_plan, LLAMA ",\"slurm_options\":{\"nodes\":4}}", RECIPE_OK, "\"ntasks-per-node\":\"1\""},
    {recipe_plan, LLAMA ",\"slurm_options\":{\"nodes\":\"2-4\"}}", RECIPE_REFUSED, "\"code\":\"submit.node_range\""},
    {recipe_fit, LLAMA ",\"overrides\":[\"instance_type=p5.48xlarge\"]}", RECIPE_OK, "\"verdict\":\"fits\""},
    {recipe_fit, LLAMA ",\"overrides\":[\"instance_type=g5.48xlarge\"]}", RECIPE_REFUSED,
     "\"verdict\":\"does_not_fit\""},
    {recipe_check, NULL, RECIPE_BAD_REQUEST, "\"code\":\"api.request\",\"key\":\"recipe\""},
    {recipe_check, "", RECIPE_BAD_REQUEST, "not valid JSON"},
    {recipe_check, "{\"recipe\":\"\xff\"}", RECIPE_BAD_REQUEST, "not valid JSON"},
    {recipe_check, LLAMA ",\"recipes\":[]}", RECIPE_BAD_REQUEST, "\"key\":\"recipes\""},
    {recipe_list, "{\"site\":\"/nowhere/site.yaml\"}", RECIPE_REFUSED, "\"code\":\"compose.yaml\""},
};
enum { call_count = sizeof calls / sizeof calls[0], thread_count = 8, round_count = 5 };

static void without_a_place_for_an_answer(void) {
    char* answer = NULL;
    CHECK(recipe_version("{}", NULL) == RECIPE_BAD_REQUEST, NULL);
    answer = (char*)&checks; /* what stood there is overwritten, and not freed */
    CHECK(recipe_version("{}", &answer) == RECIPE_OK, answer);
    recipe_free(answer);
    recipe_free(NULL);
}

static void a_long_request(void) {
    const size_t bytes = (size_t)8 << 20;
    char* request = malloc(bytes + 1);
    if (request == NULL) abort();
    memset(request, '[', bytes);
    request[bytes] = '\0';
    EXPECT(recipe_check, request, RECIPE_BAD_REQUEST, "at most 4194304");
    request[((size_t)1 << 20)] = '\0';
    EXPECT(recipe_check, request, RECIPE_BAD_REQUEST, "nested deeper than 8");
    free(request);
}

/* What one thread is answered in its first round; what later rounds answer otherwise is counted. */
struct thread {
    pthread_t id;
    char* answers[call_count];
    int differing;
};

static void* ask_everything(void* argument) {
    struct thread* self = argument;
    int round;
    int i;
    for (i = 0; i < call_count; ++i)
        self->differing += calls[i].call(calls[i].request, &self->answers[i]) != calls[i].status;
    for (round = 1; round < round_count; ++round) {
        for (i = 0; i < call_count; ++i) {
            char* answer = NULL;
            self->differing += calls[i].call(calls[i].request, &answer) != calls[i].status;
            self->differing += answer == NULL || self->answers[i] == NULL || strcmp(answer, self->answers[i]) != 0;
            recipe_free(answer);
        }
    }
    return NULL;
}

/* Before any other call, so that what the library does once is done by threads that race for it. */
static void from_several_threads(void) {
    struct thread threads[thread_count];
    int thread;
    int i;
    memset(threads, 0, sizeof threads);
    for (thread = 0; thread < thread_count; ++thread)
        if (pthread_create(&threads[thread].id, NULL, ask_everything, &threads[thread]) != 0) abort();
    for (thread = 0; thread < thread_count; ++thread) {
        if (pthread_join(threads[thread].id, NULL) != 0) abort();
        CHECK(threads[thread].differing == 0, "a thread was answered otherwise the second time");
    }
    for (i = 0; i < call_count; ++i) {
        char* alone = NULL;
        CHECK(calls[i].call(calls[i].request, &alone) == calls[i].status, alone);
        for (thread = 0; thread < thread_count; ++thread) {
            char* answer = threads[thread].answers[i];
            CHECK(answer != NULL && alone != NULL && strcmp(answer, alone) == 0, answer);
            recipe_free(answer);
        }
        recipe_free(alone);
    }
}

int main(void) {
    int i;
    from_several_threads();
    for (i = 0; i < call_count; ++i) expect(__LINE__, calls[i].call, calls[i].request, calls[i].status, calls[i].part);
    without_a_place_for_an_answer();
    a_long_request();
    printf("%d checks, %d failed\n", checks, failures);
    return failures == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

// SPDX-License-Identifier: Apache-2.0
// The functions that librecipe.so exports: no exception leaves them.
#include "recipe/recipe.h"

#include "api/api.hpp"

#include <cstdlib>
#include <cstring>
#include <exception>
#include <new>

namespace {

using recipe::api::Answer;
using recipe::api::Function;
using recipe::api::Status;

static_assert(RECIPE_API == recipe::api::api_version);
static_assert(RECIPE_OK == static_cast<int>(Status::ok) && RECIPE_REFUSED == static_cast<int>(Status::refused) &&
              RECIPE_BAD_REQUEST == static_cast<int>(Status::bad_request) &&
              RECIPE_FAILED == static_cast<int>(Status::failed));

int hand_over(const Answer& answer, char** text) noexcept {
    const std::size_t bytes = answer.json.size() + 1;
    *text = static_cast<char*>(std::malloc(bytes));
    if (*text == nullptr) return RECIPE_NO_MEMORY;
    std::memcpy(*text, answer.json.c_str(), bytes);
    return static_cast<int>(answer.status);
}

int fail(const char* what, char** text) noexcept {
    try {
        return hand_over(recipe::api::failure(what), text);
    } catch (...) {
        return RECIPE_NO_MEMORY;
    }
}

int call(Function function, const char* request, char** answer) noexcept {
    if (answer == nullptr) return RECIPE_BAD_REQUEST;
    *answer = nullptr;
    try {
        return hand_over(recipe::api::answer(function, request != nullptr ? request : "{}"), answer);
    } catch (const std::bad_alloc&) {
        return RECIPE_NO_MEMORY;
    } catch (const std::exception& error) {
        return fail(error.what(), answer);
    } catch (...) {
        return fail("an exception of no known kind", answer);
    }
}

}  // namespace

extern "C" {

int recipe_compose(const char* request, char** answer) {
    return call(Function::compose, request, answer);
}

int recipe_check(const char* request, char** answer) {
    return call(Function::check, request, answer);
}

int recipe_plan(const char* request, char** answer) {
    return call(Function::plan, request, answer);
}

int recipe_fit(const char* request, char** answer) {
    return call(Function::fit, request, answer);
}

int recipe_list(const char* request, char** answer) {
    return call(Function::list, request, answer);
}

int recipe_version(const char* request, char** answer) {
    return call(Function::version, request, answer);
}

void recipe_free(char* answer) {
    std::free(answer);
}

}  // extern "C"

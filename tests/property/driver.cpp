// SPDX-License-Identifier: Apache-2.0
// Answers cases (answers.hpp), one JSON object a line on stdin, with what the recipe engine makes of each, one JSON
// object a line on stdout. The Python side asks the real OmegaConf, or the real Hydra, the same and compares.
#include "answers.hpp"
#include "config/config.hpp"

#include <cstdio>
#include <iostream>
#include <string>

using namespace recipe;

namespace {

constexpr std::size_t max_case_bytes = 8 * 1024 * 1024;

config::Value unread(const Diagnostics& problems) {
    config::Value answer = config::Value::map();
    answer.set(config::Value::string("ok"), config::Value::boolean(false));
    answer.set(config::Value::string("code"), config::Value::string(std::string(problems.front().code)));
    answer.set(config::Value::string("message"), config::Value::string(problems.front().message));
    return answer;
}

}  // namespace

int main() {
    std::ios::sync_with_stdio(false);
    for (std::string line; std::getline(std::cin, line);) {
        const auto question = config::from_json(line, max_case_bytes, 200);
        const std::string reply = config::to_json(question ? property::answer(*question) : unread(question.error()));
        std::fwrite(reply.data(), 1, reply.size(), stdout);
        std::fputc('\n', stdout);
        std::fflush(stdout);
    }
}

// SPDX-License-Identifier: Apache-2.0
// Has a child process touch what may never answer.
#include "storage/storage.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cerrno>
#include <condition_variable>
#include <csignal>
#include <map>
#include <mutex>
#include <system_error>
#include <thread>

namespace recipe::storage {
namespace {

/// Of the asking thread and the one that waits for the child, of which either may be the last to use it.
struct Question {
    std::string path;
    std::mutex mutex{};
    std::condition_variable ended{};
    bool answered = false;
};

using Questions = std::map<std::string, std::shared_ptr<Question>>;

/// What nobody has answered yet, by its path. A daemon that asks again and again leaves one child behind, not many.
/// Never freed: the process may end while a thread waits.
struct Open {
    std::mutex mutex;
    Questions questions;
};

Open& open_questions() {
    static auto* const all = new Open;
    return *all;
}

/// In the child, which has the caller's memory: it allocates nothing and changes nothing. It keeps none of the
/// caller's files, whose other ends would wait for it. AT_STATX_FORCE_SYNC: what is remembered here is no answer.
[[noreturn]] void touch(const char* path) {
    close_range(0, ~0U, 0);
    struct statx status;
    statx(AT_FDCWD, path, AT_STATX_FORCE_SYNC, STATX_TYPE, &status);
    _exit(0);
}

/// A thread that vfork() has suspended can be killed, as one that hangs in a file system cannot; and vfork() copies no
/// page tables, which costs a big process ten times as much as all the rest.
void wait_for_child(const std::shared_ptr<Question>& question) {
    const pid_t child = vfork();  // NOLINT(bugprone-unsafe-functions): its thread alone waits, as described above
    if (child == 0) touch(question->path.c_str());
    while (child > 0 && waitpid(child, nullptr, 0) < 0 && errno == EINTR) {
    }
    const std::scoped_lock lock(question->mutex);
    question->answered = true;
    question->ended.notify_all();
}

/// No signal is this thread's to take, nor the child's.
void start(const std::shared_ptr<Question>& question) {
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    try {
        std::thread(wait_for_child, question).detach();
    } catch (const std::system_error&) {
        question->answered = true;  // nobody can ask
    }
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

}  // namespace

bool ask_in_child(const std::string& path, std::chrono::milliseconds limit) {
    Open& all = open_questions();
    {
        const std::scoped_lock lock(all.mutex);
        if (const auto open = all.questions.find(path); open != all.questions.end()) {
            const std::scoped_lock answer(open->second->mutex);
            if (!open->second->answered) return false;
            all.questions.erase(open);
        }
    }
    const auto question = std::make_shared<Question>(path);
    start(question);
    {
        std::unique_lock lock(question->mutex);
        if (question->ended.wait_for(lock, limit, [&] { return question->answered; })) return true;
    }
    const std::scoped_lock lock(all.mutex);
    all.questions.insert_or_assign(path, question);
    return false;
}

}  // namespace recipe::storage

// SPDX-License-Identifier: Apache-2.0
#include "secret/secret.hpp"
#include "config/config.hpp"

#include "catch.hpp"

#include <array>
#include <string>
#include <vector>

using namespace recipe;
using config::Value;

namespace {

Value parsed(std::string_view yaml) {
    const auto value = config::parse_yaml(yaml, "test");
    REQUIRE(value);
    return *value;
}

std::vector<std::string> keys_in(std::string_view yaml) {
    std::vector<std::string> keys;
    for (const secret::Secret& found : secret::secrets_of(parsed(yaml))) keys.push_back(found.key);
    return keys;
}

}  // namespace

TEST_CASE("a key's name says whether it holds a secret") {
    struct Row {
        std::string_view name;
        bool secret;
    };
    constexpr std::array rows{
        Row{"token", true},
        Row{"secret", true},
        Row{"password", true},
        Row{"api_key", true},
        Row{"TOKEN", true},
        Row{"Api_Key", true},
        Row{"hf_token", true},
        Row{"HF_TOKEN", true},
        Row{"hf_access_token", true},
        Row{"client_secret", true},
        Row{"MLFLOW_TRACKING_PASSWORD", true},
        Row{"WANDB_API_KEY", true},
        Row{"AWS_SECRET_ACCESS_KEY", true},
        Row{"minio_secret_key", true},
        Row{"tokens", false},
        Row{"max_tokens", false},
        Row{"tokenizer", false},
        Row{"tokenizer_name", false},
        Row{"tokenizer_token", false},
        Row{"TOKENIZERS_PARALLELISM", false},
        Row{"token_file", false},
        Row{"git_token_file", false},
        Row{"password_file", false},
        Row{"secrets", false},
        Row{"mytoken", false},
        Row{"apikey", true},
        Row{"NGC_APIKEY", true},
        Row{"MY_PASSWD", true},
        Row{"DB_PWD", true},
        Row{"PWD", false},
        Row{"OLDPWD", false},
        Row{"passphrase", true},
        Row{"KEY_PASSPHRASE", true},
        Row{"GIT_CREDENTIALS", true},
        Row{"credential", true},
        Row{"ssh_private_key", true},
        Row{"AUTH_BEARER", true},
        Row{"authorization", true},
        Row{"api-key", true},
        Row{"hf-token", true},
        Row{"private_keys", false},
        Row{"author", false},
        Row{"num_credentials_", false},
        Row{"pad_token_id", false},
        Row{"token_dispatcher", false},
        Row{"moe_token_dispatcher_type", false},
        Row{"tokens_per_batch", false},
        Row{"secretary", false},
        Row{"forbearer", false},
        Row{"key", false},
        Row{"AWS_ACCESS_KEY_ID", false},
        Row{"eos_token", false},
        Row{"pad_token", false},
        Row{"EOS_TOKEN", false},
        Row{"", false},
        Row{"_", false},
    };
    for (const Row& row : rows) {
        INFO(row.name);
        CHECK(secret::is_secret_name(row.name) == row.secret);
    }
    CHECK_FALSE(secret::is_secret_name(std::string(100'000, 'x') + "_token"));
}

TEST_CASE("a text under such a key is a secret; numbers, nulls and what is empty are none") {
    CHECK(keys_in("git: {token: abc}\nenv_vars: {HF_TOKEN: x, DEBUG: y}") ==
          std::vector<std::string>{"git.token", "env_vars.HF_TOKEN"});
    CHECK(keys_in("a: {token: null, secret: true, password: 12345678, api_key: 1.5, x_token: ''}").empty());
    CHECK(keys_in("a: {token: '?"
                  "?"
                  "?'}")
              .empty());
    CHECK(keys_in("api_key: [one, 2, [three]]") == std::vector<std::string>{"api_key.0", "api_key.2.0"});
    CHECK(keys_in("secret: {name: a, token: b}") == std::vector<std::string>{"secret.token"});
    CHECK(keys_in("list: [{token: a}, {b: c}]") == std::vector<std::string>{"list.0.token"});
    CHECK(keys_in("list: [{b: c}, {token: a}, [x, {password: y}]]") ==
          std::vector<std::string>{"list.1.token", "list.2.1.password"});
    CHECK(keys_in("recipes: {token: abcdefgh}\ntraining: {token: abcdefgh}") ==
          std::vector<std::string>{"recipes.token"});
    CHECK(keys_in("model: {tokenizer: {type: x, auth_token: y}}") ==
          std::vector<std::string>{"model.tokenizer.auth_token"});
}

TEST_CASE("what stands where a secret is to be put in is none") {
    for (const char* text : {"",
                             "None",
                             "none",
                             "null",
                             "NULL",
                             "~",
                             "nil",
                             "<token>",
                             "<YOUR HF TOKEN>",
                             "changeme",
                             "CHANGE_ME",
                             "change-me",
                             "your_token_here",
                             "YOUR-HF-TOKEN",
                             "xxxx",
                             "XXXXXXXX",
                             "...",
                             "***",
                             "todo",
                             "replace_me",
                             "placeholder",
                             "dummy",
                             "undefined"}) {
        INFO(text);
        CHECK(secret::is_placeholder(text));
        CHECK_FALSE(secret::is_secret("token", text));
        CHECK(keys_in("git: {token: '" + std::string(text) + "'}").empty());
    }
    for (const char* text : {"None1", "nulls", "<token", "token>", "your_token_1", "xxy", "..x", "changeme!", "a", "x",
                             "xx", "*", "hunter2", "youraccess"}) {
        INFO(text);
        CHECK_FALSE(secret::is_placeholder(text));
        CHECK(secret::is_secret("token", text));
    }
    CHECK_FALSE(secret::is_placeholder('<' + std::string(70, 'x') + '>'));
    // The path of a file is none, where such a name has one.
    for (const char* name : {"GOOGLE_CREDENTIALS", "ssh_private_key", "credential"}) {
        CHECK_FALSE(secret::is_secret(name, "/home/me/key"));
        CHECK_FALSE(secret::is_secret(name, "~/key"));
        CHECK_FALSE(secret::is_secret(name, "./key"));
        CHECK(secret::is_secret(name, "key"));
    }
    CHECK(secret::is_secret("password", "/slash"));
    CHECK_FALSE(secret::is_secret("name", "abc"));
}

TEST_CASE("a URL's password is a secret under any key, and the rest of the URL is none") {
    CHECK(secret::url_password("x https://user:PW@host/a") == "PW");
    CHECK(secret::url_password("https://a:b@c d:e@f") == "b");
    CHECK(secret::url_password("https://u:p@x@host") == "p@x");
    CHECK(secret::url_password("https://host https://u:PW@h") == "PW");
    for (const char* none :
         {"", "https://host", "https://host:80", "https://user@host", "https://host/a:b@c", "https://host?a:b@c",
          "user:PW@host", "https://user:@host", "https://u:***@h", "https://u:<password>@h", "ssh://git@host:22"}) {
        INFO(none);
        CHECK(secret::url_password(none).empty());
    }
    const Value before =
        parsed("env_vars: {PROXY: 'http://me:short@proxy:1 x://a:b@c'}\nlist: ['s3://k:v@b']\ntoken: 'https://a:b@c'");
    CHECK(keys_in("env_vars: {PROXY: 'http://me:short@proxy:1'}\nlist: ['s3://k:v@b']\ntoken: 'https://a:b@c'") ==
          std::vector<std::string>{"env_vars.PROXY", "list.0", "token"});
    secret::References references(secret::values_of(secret::secrets_of(before)));
    const Value after = references.in(before);
    CHECK(*after.at("env_vars.PROXY")->as_string() == "http://me:***secret-1***@proxy:1 x://a:***secret-2***@c");
    CHECK(*after.at("list.0")->as_string() == "s3://k:***secret-3***@b");
    CHECK(secret::restored(after, references.texts()) == before);
    CHECK(config::to_json(secret::redacted(before, secret::values_of(secret::secrets_of(before)))) ==
          R"({"env_vars":{"PROXY":"http://me:***@proxy:1 x://a:***@c"},"list":["s3://k:***@b"],"token":"***"})");
}

TEST_CASE("references stand for secrets and for the copies of them, and are restored") {
    const Value before = parsed(
        "git: {token: s3cretvalue}\nurl: https://me:s3cretvalue@host/x\nsame: s3cretvalue\n"
        "pin: {password: abc}\nabc: abc\nother: [s3cretvalue, {deep: xs3cretvaluey}]\nsteps: 7");
    secret::References references(secret::values_of(secret::secrets_of(before)));
    const Value after = references.in(before);
    const std::string shown = config::to_json(after);
    CHECK(shown.find("s3cretvalue") == std::string::npos);
    CHECK(*after.at("git.token")->as_string() == "***secret-1***");
    CHECK(*after.at("url")->as_string() == "https://me:***secret-1***@host/x");
    // A short one is hidden where it is the secret, and is a word like any other elsewhere.
    CHECK(*after.at("pin.password")->as_string() == "***secret-2***");
    CHECK(*after.at("abc")->as_string() == "abc");
    CHECK(after.at("steps")->as_int() == 7);
    CHECK(references.texts() == std::vector<std::string>{"s3cretvalue", "abc"});
    CHECK(secret::restored(after, references.texts()) == before);
}

TEST_CASE("of two secrets the longer is looked for first, and what was put in is not searched again") {
    secret::References references({"secret-1", "secret-1-longer"});
    const std::string text = references.in("a secret-1-longer b secret-1 c");
    CHECK(text == "a ***secret-1*** b ***secret-2*** c");
    CHECK(secret::restored(text, references.texts()) == "a secret-1-longer b secret-1 c");
    CHECK(secret::redacted("a secret-1-longer b secret-1 c", {"secret-1", "secret-1-longer"}) == "a *** b *** c");
}

TEST_CASE("a password that holds a secret is kept whole, and its reference put back in one go") {
    secret::References references({"longsecret"});
    const std::string before = "longsecret https://me:PW-longsecret-x@host/y";
    const std::string text = references.in(before);
    CHECK(text == "***secret-1*** https://me:***secret-2***@host/y");
    CHECK(references.texts() == std::vector<std::string>{"longsecret", "PW-longsecret-x"});
    CHECK(secret::restored(text, references.texts()) == before);
    // A URL ends with its line.
    CHECK(secret::url_password("https://me:PW@host\nlongsecret@host") == "PW");
}

TEST_CASE("references with a label are those of another plan") {
    secret::References references({}, "0123abcd");
    CHECK(references.to("x") == "***secret-0123abcd-1***");
    CHECK(references.to("y") == "***secret-0123abcd-2***");
    CHECK(references.to("x") == "***secret-0123abcd-1***");
    CHECK(secret::restored("***secret-0123abcd-2***", references.texts()) == "y");
}

TEST_CASE("what is no reference stays") {
    const std::vector<std::string> texts{"one"};
    for (const std::string text :
         {"***secret-0***", "***secret-2***", "***secret-***", "***secret-1**", "***secret--1***", "***secret-1",
          "***secret-", "***secret-99999999999999999999999999***", "***secret-0123abcz-1***", "***", "",
          "***secret-***secret-"})
        CHECK(secret::restored(text, texts) == text);
    CHECK(secret::restored("***secret-***secret-1***", texts) == "***secret-one");
    CHECK(secret::has_references("x ***secret-1*** y"));
    CHECK_FALSE(secret::has_references("***secret-x***"));
    // A secret that looks like a reference is not one.
    CHECK(secret::restored("***secret-1***", {"***secret-1***"}) == "***secret-1***");
}

TEST_CASE("for people a secret reads ***, and places stay") {
    const Value root = parsed("git: {token: s3cretvalue}\nurl: x-s3cretvalue\npin: {password: abc}\nabc: abc");
    const Value shown = secret::redacted(root, secret::values_of(secret::secrets_of(root)));
    CHECK(config::to_json(shown) == R"({"git":{"token":"***"},"url":"x-***","pin":{"password":"***"},"abc":"abc"})");
    CHECK(shown.at("url")->position().line == 2);
}

TEST_CASE("a copy of a secret is looked for where it has 8 bytes, and a shorter one is a word like any other") {
    CHECK(secret::redacted("x 12345678 y", {"12345678"}) == "x *** y");
    CHECK(secret::redacted("x 1234567 y", {"1234567"}) == "x 1234567 y");
    secret::References references({"12345678", "abcdefg"});
    CHECK(references.in("x 12345678 abcdefg") == "x ***secret-1*** abcdefg");
    const Value shown = secret::redacted(parsed("a: abcdefg\nb: '12345678'"), {"12345678", "abcdefg"});
    CHECK(config::to_json(shown) == R"({"a":"abcdefg","b":"***"})");
}

TEST_CASE("a command line is redacted by the names of keys") {
    struct Row {
        std::string_view typed;
        std::string_view shown;
    };
    constexpr std::array rows{
        Row{"sbatch --recipe=x --recipe-set=git.token=abc -N2", "sbatch --recipe=x --recipe-set=git.token=*** -N2"},
        Row{"sbatch --recipe-set ++env_vars.HF_TOKEN=abc", "sbatch --recipe-set ++env_vars.HF_TOKEN=***"},
        Row{"sbatch --recipe-set='a.password=b c' -N2", "sbatch --recipe-set='a.password=***' -N2"},
        Row{"sbatch --recipe-set=a.password='b c' -N2", "sbatch --recipe-set=a.password=*** -N2"},
        Row{"sbatch --recipe-set='+a={token: abc, user: me}'", "sbatch --recipe-set='+a={token: ***'"},
        Row{"sbatch --recipe-set=trainer.num_nodes=4 --mem=1", "sbatch --recipe-set=trainer.num_nodes=4 --mem=1"},
        Row{"sbatch --recipe-set=model.eos_token=x", "sbatch --recipe-set=model.eos_token=x"},
        Row{"sbatch a.token=", "sbatch a.token="},
        Row{"a.token='", "a.token=***"},
        Row{"a.token=[x, y] b", "a.token=*** b"},
        Row{"a.token={x: [y]} b", "a.token=*** b"},
        Row{"a.token=[x", "a.token=***"},
        Row{"a.token= B c", "a.token= *** c"},
        Row{"a.token=  ", "a.token=  "},
        Row{"", ""},
    };
    for (const Row& row : rows) CHECK(secret::redacted_command_line(row.typed) == row.shown);
}

TEST_CASE("a line of a log hides what is typed under a secret's key, and who a URL says that we are") {
    const std::string_view not_urls = "trainer.num_nodes=4, mail to me@host, see http://host/@me and //a@b";
    CHECK(secret::redacted_line(not_urls) == not_urls);
    CHECK(secret::redacted_line("clone https://me:pass@host/x.git and ssh://git@other") ==
          "clone https://***@host/x.git and ssh://***@other");
    CHECK(secret::redacted_line("https://a@b@host?c@d") == "https://***@host?c@d");
    CHECK(secret::redacted_line("git.token=abc git.url=https://abc@host") == "git.token=*** git.url=https://***@host");
    CHECK(secret::redacted_line("HF_TOKEN: abc") == "HF_TOKEN: ***");
    CHECK(secret::redacted_line("ends with ://") == "ends with ://");
    CHECK(secret::redacted_line("").empty());
}

TEST_CASE("a file of secrets holds texts and nothing else") {
    const std::vector<std::string> texts{"a", "with \"quotes\"\nand lines", "Größe", ""};
    const auto file = secret::file_text(texts);
    REQUIRE(file);
    CHECK(secret::parse_secret_file(*file) == texts);
    for (const std::string text : {"", "{}", "[1]", "[[\"a\"]]", "[\"a\"", "null", "\"a\"", "root:x:0:0"}) {
        INFO(text);
        const auto read = secret::parse_secret_file(text);
        REQUIRE_FALSE(read);
        CHECK(read.error().front().code == "secret.file");
    }
    CHECK_FALSE(secret::file_text({std::string(secret::max_bytes, 'x')}));
    CHECK_FALSE(secret::parse_secret_file("[\"" + std::string(secret::max_bytes, 'x') + "\"]"));
}

TEST_CASE("files of secrets lie in a place of their own, and no other path passes for one") {
    const std::string hex = "0123456789abcdef0123456789abcdef";
    CHECK(secret::directory_of_files({{"XDG_STATE_HOME", "/state"}, {"HOME", "/home/u"}}, "/x") ==
          "/state/slurm-recipe/secrets");
    CHECK(secret::directory_of_files({{"XDG_STATE_HOME", "relative"}, {"HOME", "/home/u"}}, "/x") ==
          "/home/u/.local/state/slurm-recipe/secrets");
    CHECK(secret::directory_of_files({}, "/x") == "/x/.local/state/slurm-recipe/secrets");
    CHECK(secret::is_file_of_ours("/x/slurm-recipe/secrets/" + hex));
    CHECK(secret::is_file_of_ours("/x/slurm-recipe/secrets/" + hex + "-git"));
    for (const std::string& path : std::vector<std::string>{
             "/etc/shadow", "", "x/slurm-recipe/secrets/" + hex, "/x/secrets/" + hex,
             "/x/slurm-recipe/secrets/" + hex + "0", "/x/slurm-recipe/secrets/../../" + hex,
             "/x/slurm-recipe/secrets/" + hex.substr(1), "/x/slurm-recipe/secrets/" + hex + "-git-git",
             "/x/slurm-recipe/secrets/0123456789ABCDEF0123456789ABCDEF", "/x/slurm-recipe/secrets/",
             std::string(5000, '/') + "slurm-recipe/secrets/" + hex})
        CHECK_FALSE(secret::is_file_of_ours(path));
}

// A page into a file, and on from where an earlier try ended (part_file.hpp).
//
// A part that is found is completed by asking for the rest of the same version (RFC 9110 sections
// 13.1.5 and 14.2); where the server has another one by now, or does not do parts, it sends the
// whole, and the part is thrown away. A connection that breaks is made again a few times.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include "examples/http_fetch/progress_bar.hpp"
#include "sundog/io/generic.hpp"
#include "sundog/io/http/client.hpp"
#include "sundog/io/http/entity_tag.hpp"
#include "sundog/runtime/text/log.hpp"
#include "sundog/timers/sleep.hpp"

namespace http_fetch {

using namespace sundog;

// "bytes 100-199/500": 100.
inline std::optional<std::uint64_t> first_of(std::string_view content_range) {
  constexpr std::string_view unit = "bytes ";
  if (!content_range.starts_with(unit)) return std::nullopt;
  content_range.remove_prefix(unit.size());
  return http::parse_decimal(content_range.substr(0, content_range.find('-')));
}

// What names this version so surely that parts of it fit together; may be empty.
inline std::string version_of(const http::Response& response) {
  const std::string_view tag = response.field("ETag");
  if (http::is_entity_tag(tag) && !http::is_weak(tag)) return std::string(tag);
  return std::string(response.field("Last-Modified"));
}

class Download {
 public:
  // A broken connection is made again so often, as long as each try brings something.
  static constexpr int tries_max = 5;
  static constexpr std::chrono::seconds pause{1};

  // All are borrowed until run() has ended.
  Download(const std::string& url, GenericPartFile& file, const http::FetchOptions& options,
           ProgressBar& bar)
      : url_(url), file_(file), options_(options), bar_(bar) {}

  // Throws std::system_error: what http::fetch() and the file throw; io_error for a status that
  // brings no page.
  template <class Connect>
  Task<void> run(http::Client<Connect>& client) {
    for (int tries_left = tries_max;; --tries_left) {
      brought_something_ = false;
      std::optional<std::system_error> failure;
      try {
        co_await ask(client);
        break;
      } catch (const std::system_error& error) {
        if (refused_ || tries_left == 1 || !brought_something_) throw;
        failure = error;
      }
      log::warning("{}: trying again", failure->what());
      co_await sleep(pause);
    }
    bar_.finish(file_.size());
    co_await file_.finish();
  }

 private:
  template <class Connect>
  Task<void> ask(http::Client<Connect>& client) {
    http::FetchOptions options = options_;
    const bool has_part = file_.size() > 0 && !file_.version().empty();
    if (has_part) {
      options.fields.emplace_back("Range", "bytes=" + std::to_string(file_.size()) + "-");
      options.fields.emplace_back("If-Range", file_.version());
    }
    bool begun = false;
    options.receive = [&](const http::Response& response, Bytes piece) -> Task<void> {
      if (!begun) co_await begin(response, has_part);
      begun = true;
      co_await file_.append(piece);
      brought_something_ = true;
      bar_.show(file_.size(), total_);
    };
    const http::Response response = co_await client.fetch(url_, options);
    const bool had_all = has_part && response.status == http::Status::range_not_satisfiable;
    if (!begun && !had_all) co_await begin(response, has_part);
  }

  // The head of the response that counts is there.
  Task<void> begin(const http::Response& response, bool has_part) {
    const auto length = http::parse_decimal(response.field("Content-Length"));
    if (response.status == http::Status::partial_content && has_part) {
      const auto first = first_of(response.field("Content-Range"));
      if (first != file_.size()) refuse("the server sent another part than it was asked for");
    } else if (response.status == http::Status::ok) {
      co_await file_.begin(version_of(response));
    } else {
      refuse(std::to_string(http::code_of(response.status)) + " " + response.reason);
    }
    total_ = length ? std::optional(file_.size() + *length) : std::nullopt;
  }

  [[noreturn]] void refuse(const std::string& why) {
    refused_ = true;
    throw std::system_error(std::make_error_code(std::errc::io_error), url_ + ": " + why);
  }

  const std::string& url_;
  GenericPartFile& file_;
  const http::FetchOptions& options_;
  ProgressBar& bar_;
  std::optional<std::uint64_t> total_;
  bool refused_ = false;
  bool brought_something_ = false;
};

}  // namespace http_fetch

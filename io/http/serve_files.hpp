// serve_files: a handler's answer from a KeyValue: a site's pages, in memory or on a disk.
//
//   const auto handler = [&store](auto& exchange) { return http::serve_files(store, exchange); };
//
// GET and HEAD, with entity tags, dates, conditions and ranges (conditions.hpp, range.hpp). A path
// that ends in '/' is its index.html; one that names a folder which has an index.html is redirected
// to it with a '/', so that relative links work. 404 for what is not there, 403 for what the store
// may not read; 405 for other methods. Paths are decoded by path.hpp before the store sees them.
// What a service may choose is in file_options.hpp.
//
// Contents are sent in pieces of piece_bytes, and between two of them everybody else has a turn:
// many clients who fetch much at once do not hold up one who wants little. What the store has in
// memory is sent as it stands there; a file of any size that it has not takes one piece of memory
// for a connection.
#pragma once

#include <cerrno>
#include <optional>
#include <string>
#include <system_error>

#include "sundog/io/http/exchange.hpp"
#include "sundog/io/http/file_options.hpp"
#include "sundog/io/http/folder_listing.hpp"
#include "sundog/io/http/path.hpp"
#include "sundog/io/http/send_compressed.hpp"
#include "sundog/io/http/send_entry.hpp"
#include "sundog/io/key_value.hpp"
#include "sundog/runtime/language/probe.hpp"

namespace sundog::http {

namespace detail {

// What a store says of a key.
template <class Entry>
struct Found {
  std::optional<Entry> entry;
  bool forbidden = false;  // it is there, but not for this program
};

template <class Store>
Task<Found<typename Store::Entry>> look_up(Store& store, std::string_view key) {
  Found<typename Store::Entry> found;
  try {
    found.entry = co_await store.get(key);
  } catch (const std::system_error& error) {
    found.forbidden = error.code() == std::errc::permission_denied ||
                      error.code() == std::errc::operation_not_permitted;
    if (!found.forbidden) throw;
    SUNDOG_PROBE("a page may not be read");
  }
  co_return found;
}

// One request for a page. Lives in serve_files()'s frame.
template <class Store, Flow F>
class FileRequest {
 public:
  using Entry = typename Store::Entry;

  FileRequest(Store& store, Exchange<F>& exchange, const FileOptions& options)
      : store_(store), exchange_(exchange), options_(options) {}

  // Why there is no such page, whatever is in the store.
  std::optional<Refusal> decode() {
    const RequestHead& request = exchange_.request();
    if (request.method != Method::get && request.method != Method::head)
      return Refusal{Status::method_not_allowed, "pages can only be read\n"};
    return path_.decode(request.path);
  }

  // Once decoded: what to look for.
  std::string_view key() { return is_folder() ? path_.index_key() : path_.key(); }

  // Borrows the entry until it is sent.
  Task<void> send(const Entry& entry) {
    if (options_.varies()) return send_coded(entry, key());
    return send_entry(exchange_, entry, Page(key(), options_));
  }

  // There is no entry of that key, or it may not be read.
  Task<void> answer_without(bool forbidden) {
    if (!is_folder() && !forbidden) {
      const auto index = co_await look_up(store_, path_.index_key());
      if (index.entry) {
        co_await redirect_to_folder();
        co_return;
      }
      forbidden = index.forbidden;
    }
    if constexpr (ListingStore<Store>) {
      bool listed = false;
      if (options_.listings && !forbidden) listed = co_await list();
      if (listed) co_return;
    }
    if (forbidden) {
      co_await refuse(Status::forbidden, "the page may not be read\n");
    } else {
      co_await refuse(Status::not_found, "there is no such page\n");
    }
  }

  // With the service's own page, or a sentence.
  Task<void> refuse(Status status, std::string_view why) {
    const std::string_view key = options_.error_page(status);
    auto found = Found<Entry>();
    if (!key.empty()) found = co_await look_up(store_, key);
    exchange_.start(status);
    if (status == Status::method_not_allowed) exchange_.field("Allow", "GET, HEAD");
    if (!found.entry) {
      co_await send_text(exchange_, why);
      co_return;
    }
    exchange_.field("Content-Type", options_.type_of(key));
    co_await send_part(exchange_, *found.entry, ByteRange{0, found.entry->size()});
  }

 private:
  bool is_folder() const { return path_.key().empty() || path_.key().ends_with('/'); }

  // In the coding that the client likes best, of those that are there.
  Task<void> send_coded(const Entry& entry, std::string_view key) {
    Page page(key, options_);
    const AcceptedCodings codings(exchange_.request().fields);
    for (const ContentCoding coding : codings.in_order()) {
      const bool wanted = options_.precompressed && codings.weight(coding) > 0;
      if (coding == ContentCoding::identity || !wanted) break;
      std::string coded_key(key);
      coded_key += suffix_of(coding);
      const auto coded = co_await look_up(store_, coded_key);
      if (!coded.entry) continue;
      page.coding = coding;
      co_await send_entry(exchange_, *coded.entry, page);
      co_return;
    }
    if (may_be_compressed(entry, page, codings)) {
      co_await send_compressed(exchange_, entry, page);
    } else {
      co_await send_entry(exchange_, entry, page);
    }
  }

  Task<void> redirect_to_folder() {
    const RequestHead& request = exchange_.request();
    std::string location = path_.repaired() ? path_.encode() : std::string(request.path);
    location += '/';
    if (!request.query.empty()) (location += '?') += request.query;
    exchange_.start(Status::moved_permanently);
    exchange_.field("Location", location);
    return send_text(exchange_, "the page has moved\n");
  }

  // False: it is no folder.
  Task<bool> list() {
    std::string_view key = path_.key();
    if (key.ends_with('/')) key.remove_suffix(1);
    const auto names = co_await store_.list_folder(key);
    if (!names) co_return false;
    if (!is_folder()) {
      co_await redirect_to_folder();
      co_return true;
    }
    const std::string content = folder_listing(key, *names);
    exchange_.start(Status::ok);
    add_fields(exchange_, options_, path_.key());
    exchange_.field("Content-Type", "text/html; charset=utf-8");
    co_await exchange_.send(content);
    co_return true;
  }

  Store& store_;
  Exchange<F>& exchange_;
  const FileOptions& options_;
  DecodedPath path_;
};

inline const FileOptions default_file_options;

}  // namespace detail

// Answers the exchange. Store, exchange and options must outlive the task. Throws what the store
// and the flow throw, and Refused for a path that is refused.
template <class Store, Flow F>
  requires KeyValue<Store>
Task<void> serve_files(Store& store, Exchange<F>& exchange,
                       const FileOptions& options = detail::default_file_options) {
  detail::FileRequest<Store, F> request(store, exchange, options);
  if (const auto refusal = request.decode()) {
    co_await request.refuse(refusal->status, refusal->why);
    co_return;
  }
  const auto found = co_await detail::look_up(store, request.key());
  if (found.entry) {
    co_await request.send(*found.entry);
  } else {
    co_await request.answer_without(found.forbidden);
  }
}

}  // namespace sundog::http

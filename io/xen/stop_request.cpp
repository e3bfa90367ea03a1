#include "sundog/io/xen/stop_request.hpp"

#include "sundog/io/stop_request.hpp"
#include "sundog/io/xen/domain.hpp"
#include "sundog/io/xen/event_count.hpp"
#include "sundog/runtime/language/list.hpp"

namespace sundog {
namespace {

struct Listener : ListLink {
  xen::EventCount asked{"a request to stop"};
  std::uint64_t seen = 0;
};

List<Listener> listeners;

}  // namespace

struct StopRequest::Source : Listener {};

StopRequest::StopRequest() : source_(std::make_unique<Source>()) { listeners.add(*source_); }

StopRequest::~StopRequest() { listeners.remove(*source_); }

Task<void> StopRequest::next() {
  Source& source = *source_;
  co_await source.asked.after(source.seen);
  source.seen = source.asked.count();
}

void xen::request_stop() {
  if (listeners.empty()) exit_domain(0);
  for (Listener* one = listeners.first(); one != nullptr; one = listeners.after(*one)) {
    one->asked.advance();
  }
}

}  // namespace sundog

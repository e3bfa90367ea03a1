#include "sundog/io/xen/stop_request.hpp"

#include "sundog/io/stop_request.hpp"
#include "sundog/io/xen/domain.hpp"
#include "sundog/io/xen/event_count.hpp"

namespace sundog {
namespace {

struct Listener {
  xen::EventCount asked{"a request to stop"};
  std::uint64_t seen = 0;
  Listener* next = nullptr;
};

constinit Listener* first_listener = nullptr;

}  // namespace

struct StopRequest::Source : Listener {};

StopRequest::StopRequest() : source_(std::make_unique<Source>()) {
  source_->next = first_listener;
  first_listener = source_.get();
}

StopRequest::~StopRequest() {
  Listener** link = &first_listener;
  while (*link != source_.get()) link = &(*link)->next;
  *link = source_->next;
}

Task<void> StopRequest::next() {
  Source& source = *source_;
  co_await source.asked.after(source.seen);
  source.seen = source.asked.count();
}

void xen::request_stop() {
  if (first_listener == nullptr) exit_domain(0);
  for (Listener* listener = first_listener; listener != nullptr; listener = listener->next) {
    listener->asked.advance();
  }
}

}  // namespace sundog

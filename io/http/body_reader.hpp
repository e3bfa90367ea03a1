// BodyReader: a message's content, without its framing, in pieces of the reader's choosing (RFC
// 9112 section 6). Nothing is gathered: what is not read stays in the flow, and the peer feels it.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>

#include "sundog/io/http/chunked.hpp"
#include "sundog/io/http/framing.hpp"
#include "sundog/io/http/refused.hpp"
#include "sundog/io/http/transport.hpp"
#include "sundog/runtime/language/probe.hpp"

namespace sundog::http {

template <Flow F>
class BodyReader {
 public:
  // `bytes_max`: content beyond it is refused with 413. The transport stands behind the head, and
  // outlives this.
  BodyReader(Transport<F>& transport, Framing framing, std::uint64_t bytes_max,
             ChunkedDecoder::Blanks blanks = ChunkedDecoder::Blanks::refused)
      : transport_(&transport),
        framing_(framing),
        left_(framing.length),
        allowed_(bytes_max),
        decoder_(blanks) {
    done_ = framing.kind == Framing::Kind::none ||
            (framing.kind == Framing::Kind::length && framing.length == 0);
  }

  // All content was read: the next message can begin.
  bool done() const { return done_; }
  // Whether more than `bytes` are known to be still to come.
  bool longer_than(std::uint64_t bytes) const {
    return !done_ && framing_.kind == Framing::Kind::length && left_ > bytes;
  }

  // 1 to space.size() bytes of content, or 0 at its end. Throws Refused for content that is
  // malformed, too large, or cut short by the peer, and what the flow throws.
  Task<std::size_t> read(MutableBytes space) {
    SUNDOG_ASSERT(!space.empty(), "read into a buffer that has room");
    if (done_) co_return std::size_t{0};
    std::size_t count = 0;
    if (framing_.kind == Framing::Kind::chunked) {
      count = co_await read_chunked(space);
    } else {
      count = co_await read_plain(space);
    }
    if (count > allowed_) {
      throw Refused(
          {Status::content_too_large, SUNDOG_PROBED("the content is larger than allowed")});
    }
    allowed_ -= count;
    co_return count;
  }

 private:
  Task<std::size_t> read_plain(MutableBytes space) {
    const bool counted = framing_.kind == Framing::Kind::length;
    if (counted && left_ < space.size()) space = space.first(static_cast<std::size_t>(left_));
    ReceiveBuffer& buffer = transport_->buffer();
    std::size_t count = std::min(space.size(), buffer.received().size());
    if (count != 0) {
      std::memcpy(space.data(), buffer.received().data(), count);
      buffer.use(count);
    } else {
      count = co_await transport_->read_content(space);
      if (count == 0 && counted) refuse_cut_short();
    }
    if (counted) left_ -= count;
    done_ = counted ? left_ == 0 : count == 0;
    co_return count;
  }

  Task<std::size_t> read_chunked(MutableBytes space) {
    ReceiveBuffer& buffer = transport_->buffer();
    std::size_t count = 0;
    for (;;) {
      while (!buffer.received().empty() && !decoder_.done() && count < space.size()) {
        // No more than fits: the decoder hands out at most as much content as it is shown.
        const auto step = decoder_.decode(buffer.received().substr(0, space.size() - count));
        step.content.copy(reinterpret_cast<char*>(space.data()) + count, step.content.size());
        count += step.content.size();
        buffer.use(step.consumed);
        if (decoder_.refused()) throw Refused(decoder_.refusal());
      }
      done_ = decoder_.done();
      if (done_ || count != 0) co_return count;
      const bool more = co_await transport_->receive_content();
      if (!more) refuse_cut_short();
    }
  }

  [[noreturn]] static void refuse_cut_short() {
    throw Refused({Status::bad_request, SUNDOG_PROBED("the content ended early")});
  }

  Transport<F>* transport_;
  Framing framing_;
  std::uint64_t left_;
  std::uint64_t allowed_;
  ChunkedDecoder decoder_;
  bool done_;
};

}  // namespace sundog::http

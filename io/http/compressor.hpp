// Compressor: contents in the gzip coding (RFC 1952), made while they are sent.
//
//   Compressor gzip;
//   gzip.add(piece, out);         // again and again: `out` gets what is ready
//   gzip.finish(out);
//
// Done by zlib on Unix. An image for Xen has no zlib: there available() is false, and pages that
// shall be small are compressed when the image is made (FileOptions::precompressed).
#pragma once

#include <memory>
#include <string>

#include "sundog/io/flow.hpp"

namespace sundog::http {

class Compressor {
 public:
  // Whether this platform can compress at all. If not, making a Compressor is an assertion.
  static bool available() noexcept;

  // Takes 100 KB as long as it lives. Throws std::bad_alloc.
  Compressor();
  Compressor(const Compressor&) = delete;
  Compressor& operator=(const Compressor&) = delete;
  ~Compressor();

  // Adds to the end of `out` what can be told of the contents so far: some 20 ms for each MB.
  // Throws std::bad_alloc.
  void add(Bytes piece, std::string& out);
  // The end of the contents. Nothing may be added after it.
  void finish(std::string& out);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace sundog::http

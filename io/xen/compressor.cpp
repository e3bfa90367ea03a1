#include "sundog/io/http/compressor.hpp"

#include "sundog/runtime/language/assert.hpp"

namespace sundog::http {

struct Compressor::State {};

bool Compressor::available() noexcept { return false; }
Compressor::Compressor() { SUNDOG_ASSERT(false, "ask Compressor::available() first"); }
Compressor::~Compressor() = default;
void Compressor::add(Bytes, std::string&) {}
void Compressor::finish(std::string&) {}

}  // namespace sundog::http

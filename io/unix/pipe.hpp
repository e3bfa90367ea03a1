// Pipes, terminals and other one-way streams of bytes; among them this process's standard input,
// output and error.
//
//   co_await standard_output().write(as_bytes("hello\n"));
//
// They are never made non-blocking, because that would reach every process that shares them.
//
// Closed, or destroyed, while another task waits: its read or write fails with operation_canceled,
// later ones with bad_file_descriptor.
#pragma once

#include <cstddef>
#include <utility>

#include "sundog/io/flow.hpp"
#include "sundog/io/unix/descriptor.hpp"
#include "sundog/io/unix/kernel_operation.hpp"

namespace sundog {

namespace detail {

class PipeReadOperation final : public KernelOperation {
 public:
  PipeReadOperation(const Descriptor& pipe, MutableBytes bytes) noexcept
      : KernelOperation(pipe.get(), Read{bytes}) {}
  std::size_t await_resume() const { return static_cast<std::size_t>(value()); }
};

class PipeWriteOperation final : public WriteOperation {
 public:
  PipeWriteOperation(const Descriptor& pipe, Bytes bytes) noexcept
      : WriteOperation(pipe.get(), Write{bytes}) {}
};

}  // namespace detail

// The end to read from.
class PipeReader {
 public:
  explicit PipeReader(Descriptor descriptor) noexcept : descriptor_(std::move(descriptor)) {}
  // Gives the number of bytes, 0 when all writers are gone. As Flow's read.
  [[nodiscard]] auto read(MutableBytes buffer) noexcept {
    return Operation<detail::PipeReadOperation, const Descriptor&, MutableBytes>(descriptor_,
                                                                                 buffer);
  }
  void close() noexcept { descriptor_.close(); }
  int descriptor() const noexcept { return descriptor_.get(); }

 private:
  Descriptor descriptor_;
};

// The end to write to.
class PipeWriter {
 public:
  explicit PipeWriter(Descriptor descriptor) noexcept : descriptor_(std::move(descriptor)) {}
  // Writes all bytes; throws std::system_error with broken_pipe when all readers are gone. As
  // Flow's write.
  [[nodiscard]] auto write(Bytes bytes) noexcept {
    return Operation<detail::PipeWriteOperation, const Descriptor&, Bytes>(descriptor_, bytes);
  }
  void close() noexcept { descriptor_.close(); }
  int descriptor() const noexcept { return descriptor_.get(); }

 private:
  Descriptor descriptor_;
};

// A pipe's two ends, both of this process. Throws std::system_error.
std::pair<PipeReader, PipeWriter> make_pipe();

// This process's streams. Each object holds a copy of the descriptor; closing it leaves the stream
// itself open.
PipeReader standard_input();
PipeWriter standard_output();
PipeWriter standard_error();

}  // namespace sundog

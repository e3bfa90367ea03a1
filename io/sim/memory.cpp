#include "sundog/io/sim/memory.hpp"

#include <cstdlib>
#include <new>
#include <utility>

#include "sundog/runtime/language/assert.hpp"

namespace sundog::sim {

struct Memory::Account {
  std::size_t bytes = 0;
  std::size_t blocks = 0;
  bool owned = true;
};

// What stands before each block.
struct alignas(__STDCPP_DEFAULT_NEW_ALIGNMENT__) Memory::Block {
  Account* account;
  std::size_t bytes;
};

namespace {

constinit thread_local Memory* charged = nullptr;

}  // namespace

Memory::Memory(std::function<void()> failed) : account_(new Account), failed_(std::move(failed)) {}

Memory::~Memory() {
  SUNDOG_ASSERT(charged != this, "a host's memory ended while its tasks run");
  account_->owned = false;
  if (account_->blocks == 0) delete account_;
}

void Memory::fail_with(PartsPerMillion probability, std::uint64_t seed) noexcept {
  probability_ppm_ = probability;
  prng_ = Prng(seed);
  draw_next_failure();
}

// A failure every so many allocations, on average: drawn once for each failure and not for each
// allocation, of which there are very many.
void Memory::draw_next_failure() noexcept {
  until_failure_ = probability_ppm_ == 0
                       ? 0
                       : prng_.between(1, std::uint64_t{2} * always_ppm / probability_ppm_);
}

void Memory::heal() noexcept {
  budget_bytes_ = unlimited;
  probability_ppm_ = 0;
  until_failure_ = 0;
}

std::size_t Memory::bytes() const noexcept { return account_->bytes; }
std::size_t Memory::block_count() const noexcept { return account_->blocks; }

Memory::Inside::Inside(Memory& memory) noexcept : before_(std::exchange(charged, &memory)) {}
Memory::Inside::~Inside() { charged = before_; }
Memory::Outside::Outside() noexcept : before_(std::exchange(charged, nullptr)) {}
Memory::Outside::~Outside() { charged = before_; }

bool Memory::fails(std::size_t bytes) noexcept {
  const bool is_nth = until_failure_ != 0 && --until_failure_ == 0;
  if (!is_nth && bytes <= budget_bytes_ && account_->bytes <= budget_bytes_ - bytes) return false;
  ++failure_count_;
  if (is_nth) draw_next_failure();
  const Outside outside;
  failed_();
  return true;
}

void* Memory::allocate(std::size_t bytes) {
  Memory* const memory = charged;
  if (memory != nullptr && memory->fails(bytes)) throw std::bad_alloc();
  auto* block = static_cast<Block*>(std::malloc(sizeof(Block) + bytes));
  if (block == nullptr) throw std::bad_alloc();
  block->account = memory == nullptr ? nullptr : memory->account_;
  block->bytes = bytes;
  if (memory != nullptr) {
    memory->account_->bytes += bytes;
    ++memory->account_->blocks;
  }
  return block + 1;
}

void Memory::release(void* memory) noexcept {
  if (memory == nullptr) return;
  Block* block = static_cast<Block*>(memory) - 1;
  Account* account = block->account;
  if (account != nullptr) {
    account->bytes -= block->bytes;
    --account->blocks;
  }
  std::free(block);
  if (account != nullptr && account->blocks == 0 && !account->owned) delete account;
}

}  // namespace sundog::sim

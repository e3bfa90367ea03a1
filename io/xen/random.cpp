#include "sundog/io/xen/random.hpp"

#include <array>
#include <cerrno>
#include <cstdint>
#include <span>
#include <string_view>
#include <system_error>

#include "sundog/io/crypto/key_erasing_random.hpp"
#include "sundog/io/xen/machine.hpp"
#include "sundog/io/xen/seed.hpp"
#include "sundog/io/xen/set_up.hpp"
#include "sundog/io/xen/store/store_seed.hpp"
#include "sundog/runtime/text/digits.hpp"
#include "sundog/runtime/text/join_text.hpp"

namespace sundog::xen {
namespace {

constexpr std::size_t words = 16;
constexpr unsigned bits_per_word = 32, bits_per_seed_byte = 4;
constexpr std::uint64_t reseed_pause_ns = std::chrono::nanoseconds(reseed_pause).count();

class Generator {
 public:
  static Generator& instance() {
    static Generator generator;
    static constinit SetUpStep again{[] { generator.is_stale_ = true; }};
    static const bool added = (add_set_up_step(again), true);
    static_cast<void>(added);
    return generator;
  }

  // Gathers until there is enough: a seed that the toolstack gives later counts at the next try.
  void require() {
    if (entropy_bits_ >= entropy_bits_min) return;
    const unsigned from_processor = add_processor();
    add_jitter();
    const unsigned from_seed = add_seed();
    entropy_bits_ = from_processor + from_seed;
    if (entropy_bits_ < entropy_bits_min) refuse(from_processor != 0, from_seed);
  }

  void fill(MutableBytes buffer) noexcept {
    const std::uint64_t now_ns = system_time_ns();
    if (is_stale_ || given_bytes_ >= reseed_bytes || now_ns - seeded_ns_ >= reseed_pause_ns) {
      add_processor();
      add_jitter();
      is_stale_ = false;
      given_bytes_ = 0;
      seeded_ns_ = now_ns;
    }
    given_bytes_ += buffer.size();
    random_.fill(buffer);
  }

 private:
  template <class Value>
  void add(Value& value) noexcept {
    const MutableBytes bytes = std::as_writable_bytes(std::span(value));
    random_.add(bytes);
    erase(bytes);
  }

  unsigned add_processor() noexcept {
    std::array<std::uint64_t, words> drawn{};
    unsigned bits = 0;
    std::uint64_t before = ~std::uint64_t{0};  // what a broken one gives
    bool repeats = false;
    for (std::uint64_t& word : drawn) {
      if (!processor_random(word)) break;
      repeats = repeats || word == before;
      before = word;
      bits += bits_per_word;
    }
    add(drawn);
    return repeats ? 0 : bits;
  }

  void add_jitter() noexcept {
    std::array<std::uint64_t, words> drawn;
    for (std::uint64_t& word : drawn) word = cycle_count();
    add(drawn);
  }

  unsigned add_seed() {
    if (kept_seed().empty()) take_seed();
    const std::string_view seed = kept_seed();
    random_.add(std::as_bytes(std::span(seed)));
    const auto bits = static_cast<unsigned>(seed.size()) * bits_per_seed_byte;
    forget_seed();
    return bits;
  }

  [[noreturn]] void refuse(bool has_source, unsigned from_seed) {
    throw std::system_error(
        EAGAIN, std::generic_category(),
        join_text(
            {"not enough randomness for keys: ", Decimal(entropy_bits_), " bits of ",
             Decimal(entropy_bits_min), ". The processor has ", has_source ? "too few" : "no",
             " random numbers (RDRAND), or the domain's configuration hides them, and data/seed in "
             "xenstore holds ",
             from_seed != 0 ? "too short a seed" : "no seed",
             ". Give the domain one before it runs: xl create -p NAME.xl; xenstore-write "
             "/local/domain/$(xl domid NAME)/data/seed $(head -c 48 /dev/urandom | base64 -w 0); "
             "xl unpause NAME"}));
  }

  KeyErasingRandom random_;
  unsigned entropy_bits_ = 0;
  bool is_stale_ = true;
  std::size_t given_bytes_ = 0;
  std::uint64_t seeded_ns_ = 0;
};

}  // namespace
}  // namespace sundog::xen

namespace sundog {

XenRandom::XenRandom() { xen::Generator::instance().require(); }

void XenRandom::fill(MutableBytes buffer) noexcept { xen::Generator::instance().fill(buffer); }

}  // namespace sundog

#include "sundog/io/crypto/chacha20.hpp"

#include <algorithm>
#include <bit>

namespace sundog {
namespace {

constexpr int double_rounds = 10;
constexpr std::uint32_t constants[] = {0x61707865, 0x3320646e, 0x79622d32, 0x6b206574};

void quarter_round(ChaCha20Block& state, int a, int b, int c, int d) noexcept {
  const auto step = [&](int target, int source, int mixed, int distance) {
    auto& sum = state[static_cast<std::size_t>(target)];
    auto& rotated = state[static_cast<std::size_t>(mixed)];
    sum += state[static_cast<std::size_t>(source)];
    rotated = std::rotl(rotated ^ sum, distance);
  };
  step(a, b, d, 16);
  step(c, d, b, 12);
  step(a, b, d, 8);
  step(c, d, b, 7);
}

}  // namespace

ChaCha20Block chacha20_block(const ChaCha20Key& key, std::uint32_t counter,
                             const ChaCha20Nonce& nonce) noexcept {
  ChaCha20Block start;
  const auto key_place = std::copy(std::begin(constants), std::end(constants), start.begin());
  const auto counter_place = std::copy(key.begin(), key.end(), key_place);
  *counter_place = counter;
  std::copy(nonce.begin(), nonce.end(), counter_place + 1);
  ChaCha20Block state = start;
  for (int round = 0; round < double_rounds; ++round) {
    for (int column = 0; column < 4; ++column)
      quarter_round(state, column, column + 4, column + 8, column + 12);
    for (int column = 0; column < 4; ++column) {  // the diagonals
      quarter_round(state, column, 4 + (column + 1) % 4, 8 + (column + 2) % 4,
                    12 + (column + 3) % 4);
    }
  }
  for (std::size_t word = 0; word < state.size(); ++word) state[word] += start[word];
  return state;
}

}  // namespace sundog

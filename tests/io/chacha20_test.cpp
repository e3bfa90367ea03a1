// ChaCha20's block function against the vectors of RFC 8439.
#include "sundog/io/crypto/chacha20.hpp"

#include <array>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#include "tests/catch.hpp"

namespace sundog {
namespace {

std::string hexadecimal(const ChaCha20Block& block) {
  std::array<unsigned char, sizeof block> bytes;
  std::memcpy(bytes.data(), block.data(), bytes.size());
  std::string text;
  for (const unsigned char byte : bytes) {
    text += "0123456789abcdef"[byte >> 4];
    text += "0123456789abcdef"[byte & 15];
  }
  return text;
}

TEST_CASE("the example of RFC 8439, 2.3.2") {
  const ChaCha20Key key{0x03020100, 0x07060504, 0x0b0a0908, 0x0f0e0d0c,
                        0x13121110, 0x17161514, 0x1b1a1918, 0x1f1e1d1c};
  REQUIRE(hexadecimal(chacha20_block(key, 1, {0x09000000, 0x4a000000, 0})) ==
          "10f1e7e4d13b5915500fdd1fa32071c4c7d1f4c733c068030422aa9ac3d46c4e"
          "d2826446079faa0914c2d705d98b02a2b5129cd1de164eb9cbd083e8a2503c4e");
}

TEST_CASE("the test vectors of RFC 8439, A.1") {
  // 1 and 2: nothing but zeros, and the counter.
  REQUIRE(hexadecimal(chacha20_block({}, 0, {})) ==
          "76b8e0ada0f13d90405d6ae55386bd28bdd219b8a08ded1aa836efcc8b770dc7"
          "da41597c5157488d7724e03fb8d84a376a43b8f41518a11cc387b669b2ee6586");
  REQUIRE(hexadecimal(chacha20_block({}, 1, {})) ==
          "9f07e7be5551387a98ba977c732d080dcb0f29a048e3656912c6533e32ee7aed"
          "29b721769ce64e43d57133b074d839d531ed1f28510afb45ace10a1f4b794d6f");
  // 3: the key's last bit.
  REQUIRE(hexadecimal(chacha20_block({0, 0, 0, 0, 0, 0, 0, 0x01000000}, 1, {})) ==
          "3aeb5224ecf849929b9d828db1ced4dd832025e8018b8160b82284f3c949aa5a"
          "8eca00bbb4a73bdad192b5c42f73f2fd4e273644c8b36125a64addeb006c13a0");
  // 4: a byte of the key, and the counter's second bit.
  REQUIRE(hexadecimal(chacha20_block({0xff00}, 2, {})) ==
          "72d54dfbf12ec44b362692df94137f328fea8da73990265ec1bbbea1ae9af0ca"
          "13b25aa26cb4a648cb9b9d1be65b2c0924a66c54d545ec1b7374f4872e99f096");
  // 5: the nonce's last byte.
  REQUIRE(hexadecimal(chacha20_block({}, 0, {0, 0, 0x02000000})) ==
          "c2c64d378cd536374ae204b9ef933fcd1a8b2288b3dfa49672ab765b54ee27c7"
          "8a970e0e955c14f3a88e741b97c286f75f8fc299e8148362fa198a39531bed6d");
}

}  // namespace
}  // namespace sundog

// What the C++ library has and an image has no use for, defined here so that the library's own
// stays out: 3 KB of prime numbers.
#include <unordered_map>
#include <utility>

namespace std::__detail {

// How many buckets a hash table has. The library takes primes, from a table; an odd number spreads
// what std::hash leaves as it is (numbers, addresses) as well as most programs need.
size_t _Prime_rehash_policy::_M_next_bkt(size_t least) const {
  const size_t count = least < 13 ? 13 : least | 1;
  _M_next_resize =
      static_cast<size_t>(static_cast<double>(count) * static_cast<double>(_M_max_load_factor));
  return count;
}

pair<bool, size_t> _Prime_rehash_policy::_M_need_rehash(size_t bucket_count, size_t element_count,
                                                        size_t more) const {
  if (element_count + more <= _M_next_resize) return {false, 0};
  const auto needed = static_cast<size_t>(static_cast<double>(element_count + more) /
                                          static_cast<double>(_M_max_load_factor)) +
                      1;
  if (needed < bucket_count) {
    _M_next_bkt(bucket_count);
    return {false, 0};
  }
  return {true, _M_next_bkt(needed < 2 * bucket_count ? 2 * bucket_count : needed)};
}

}  // namespace std::__detail

#include "sundog/io/net/resolver/answer.hpp"

#include <algorithm>
#include <optional>

#include "sundog/io/dns/rdata.hpp"
#include "sundog/io/net/resolver/limits.hpp"

namespace sundog::net {
namespace {

using dns::Class;
using dns::Message;
using dns::Name;
using dns::Rcode;
using dns::Record;
using dns::Type;

// The records of one name: addresses, or the name that it is an alias of.
struct Found {
  std::vector<IpAddress> addresses;
  std::optional<Name> alias;
  std::uint32_t ttl_s = answer_ttl_s_max;
};

Found find(const Message& response, const Name& name, Type type) {
  Found found;
  for (const Record& record : response.answers()) {
    if (record.record_class != Class::internet || record.owner != name) continue;
    if (record.type == type && found.addresses.size() < addresses_max) {
      const auto address = dns::address_in(type, record.rdata);
      if (!address || std::ranges::count(found.addresses, *address) > 0) continue;
      found.addresses.push_back(*address);
    } else if (record.type == Type::cname) {
      found.alias = dns::target_in(Type::cname, record.rdata);
    } else {
      continue;
    }
    found.ttl_s = std::min(found.ttl_s, record.ttl_s);
  }
  return found;
}

// How long "there is no such" may be kept: as the zone's start of authority says (RFC 2308 section
// 5), and not at all without one.
std::optional<std::uint32_t> negative_ttl_s(const Message& response, const Name& name) {
  for (const Record& record : response.authorities()) {
    if (record.type != Type::soa || record.record_class != Class::internet) continue;
    const auto soa = dns::Soa::parse(record.rdata);
    if (!soa || !name.is_within(record.owner)) continue;
    return std::min({record.ttl_s, soa->minimum_s, negative_ttl_s_max});
  }
  return std::nullopt;
}

// The server tells whom else to ask, instead of asking: it is none for a stub's questions.
bool is_referral(const Message& response) {
  if (response.header().recursion_available || response.header().authoritative) return false;
  for (const Record& record : response.authorities()) {
    if (record.type == Type::ns) return true;
  }
  return false;
}

std::optional<Answer::Kind> failure_of(const Message& response) noexcept {
  switch (response.rcode()) {
    case Rcode::no_error:
    case Rcode::name_error:
      return std::nullopt;
    case Rcode::format_error:
    case Rcode::not_implemented:
    case Rcode::bad_version:
      return Answer::Kind::edns_not_taken;
    default:
      return Answer::Kind::not_answered;
  }
}

}  // namespace

Answer read_answer(const dns::Message& response, const dns::Question& question) {
  Answer answer;
  if (const auto failure = failure_of(response)) {
    answer.kind = *failure;
    return answer;
  }
  answer.alias = question.name;
  answer.ttl_s = answer_ttl_s_max;
  for (;;) {
    Found found = find(response, answer.alias, question.type);
    answer.ttl_s = std::min(answer.ttl_s, found.ttl_s);
    if (!found.addresses.empty()) {
      answer.kind = Answer::Kind::addresses;
      answer.addresses = std::move(found.addresses);
      return answer;
    }
    if (!found.alias) break;
    answer.alias = *found.alias;
    // A circle ends here too.
    if (++answer.alias_count > aliases_max) {
      answer.kind = Answer::Kind::malformed;
      return answer;
    }
  }
  const auto negative_ttl = negative_ttl_s(response, answer.alias);
  // With a chain of aliases, the response code is that of its last name (RFC 6604).
  if (response.rcode() == Rcode::name_error) {
    answer.kind = Answer::Kind::no_such_name;
  } else if (!negative_ttl && is_referral(response)) {
    answer.kind = Answer::Kind::not_answered;
  } else if (!negative_ttl && answer.alias_count > 0) {
    answer.kind = Answer::Kind::alias;
    return answer;
  } else {
    answer.kind = Answer::Kind::no_address;
  }
  answer.ttl_s = std::min(answer.ttl_s, negative_ttl.value_or(0));
  return answer;
}

}  // namespace sundog::net

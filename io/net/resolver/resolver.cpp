#include "sundog/io/net/resolver/resolver.hpp"

#include <optional>
#include <system_error>

#include "sundog/io/net/address_selection.hpp"
#include "sundog/io/net/resolver/special_names.hpp"
#include "sundog/runtime/condition.hpp"
#include "sundog/runtime/language/probe.hpp"
#include "sundog/runtime/scope.hpp"
#include "sundog/runtime/text/join_text.hpp"
#include "sundog/timers/timeout.hpp"

namespace sundog::net {
namespace {

[[noreturn]] void fail(std::error_code error, const std::string& name,
                       std::string_view story = {}) {
  if (story.empty()) throw std::system_error(error, join_text({"cannot resolve `", name, "'"}));
  throw std::system_error(error, join_text({"cannot resolve `", name, "' (", story, ")"}));
}

// What is known of both families.
struct Families {
  bool all_known() const noexcept { return v4 && v6; }
  bool any_addresses() const noexcept { return has_addresses(v4) || has_addresses(v6); }
  static bool has_addresses(const std::optional<Outcome>& outcome) noexcept {
    return outcome && !outcome->error && outcome->answer.kind == Answer::Kind::addresses;
  }

  std::optional<Outcome> v4;
  std::optional<Outcome> v6;
  Condition<> news;
};

Task<void> ask(Questions& questions, dns::Name name, dns::Type type, Families& families,
               std::optional<Outcome>& outcome) {
  outcome = co_await questions.ask(name, type);
  families.news.broadcast();
}

Task<void> wait_for_all(Families& families) {
  while (!families.all_known()) co_await families.news.wait();
}

Task<void> ask_both(Questions& questions, dns::Name name, Families& families) {
  const auto both = [&](Scope& tasks) -> Task<void> {
    tasks.spawn(ask(questions, name, dns::Type::aaaa, families, families.v6));
    tasks.spawn(ask(questions, name, dns::Type::a, families, families.v4));
    while (!families.all_known() && !families.any_addresses()) co_await families.news.wait();
    const bool all = co_await try_timeout(wait_for_all(families), other_family_patience);
    if (!all) {
      SUNDOG_PROBE("a name's addresses of one family did not come in time");
      tasks.cancel_tasks();
    }
  };
  co_await scope(both);
}

// Why there is no address at all.
[[noreturn]] void fail(const Families& families, const std::string& name) {
  const Outcome& v4 = *families.v4;
  const Outcome& v6 = *families.v6;
  for (const Outcome* outcome : {&v4, &v6}) {
    const bool is_missing = outcome->answer.kind == Answer::Kind::no_such_name;
    if (!outcome->error && is_missing) fail(ResolveError::name_not_found, name, outcome->story);
  }
  for (const Outcome* outcome : {&v4, &v6}) {
    if (outcome->error) fail(outcome->error, name, outcome->story);
  }
  fail(ResolveError::no_address, name, v4.story);
}

std::vector<IpAddress> ordered(std::vector<IpAddress> addresses, QuestionTransport& transport) {
  try {
    order_destinations(addresses, transport.own_addresses());
  } catch (const std::system_error&) {
    // Any order is better than none.
  }
  return addresses;
}

Task<std::vector<IpAddress>> resolve_in_time(Questions& questions, QuestionTransport& transport,
                                             dns::Name name, std::string text) {
  Families families;
  co_await ask_both(questions, name, families);
  if (!families.any_addresses()) fail(families, text);
  std::vector<IpAddress> addresses;
  for (const auto* outcome : {&families.v6, &families.v4}) {
    if (!Families::has_addresses(*outcome)) continue;
    const auto& found = (*outcome)->answer.addresses;
    addresses.insert(addresses.end(), found.begin(), found.end());
  }
  co_return ordered(std::move(addresses), transport);
}

}  // namespace

Task<std::vector<IpAddress>> resolve_name(Questions& questions, QuestionTransport& transport,
                                          std::string text) {
  if (const auto number = IpAddress::try_parse(text)) co_return std::vector(1, *number);
  const auto name = is_name(text) ? dns::Name::try_parse(text) : std::nullopt;
  if (!name) fail(ResolveError::malformed_name, text);
  if (auto special = special_addresses(*name)) {
    if (special->empty()) fail(ResolveError::name_not_found, text);
    co_return ordered(std::move(*special), transport);
  }
  if (questions.servers().count() == 0) {
    fail(ResolveError::try_again, text,
         "no name server is known: give one, as in --dns=192.0.2.53");
  }
  auto addresses =
      co_await try_timeout(resolve_in_time(questions, transport, *name, text), resolve_time_max);
  if (!addresses) {
    SUNDOG_PROBE("all of the time for a name had passed");
    fail(ResolveError::try_again, text, "asked " + questions.servers().to_string());
  }
  co_return std::move(*addresses);
}

}  // namespace sundog::net

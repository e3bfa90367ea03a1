// The protocol by which an idle domain blocks (io/xen/block.hpp), checked against every moment at
// which an event can come.
//
// The world is small enough to try everything: a guest that runs a fixed program of steps, a
// hypervisor with one event channel, and an event that is sent between any two of their steps. A
// way of blocking is right if, wherever the event falls, the guest is awake in the end; it loses
// wake-ups if in some interleaving the guest sleeps though the event has come.
//
// The hypervisor's side is what Xen 4.17 does for a PVH guest: events_need_delivery() is
// hvm_local_events_need_delivery(), vcpu_block() marks the processor blocked before it looks,
// hvm_hlt() moves past the instruction (and so out of STI's shadow) before it blocks, while a
// hypercall's instruction is left only after the call.
#include <algorithm>
#include <string>
#include <vector>

#include "tests/catch.hpp"

namespace {

struct World {
  // Xen's and the guest's shared page.
  bool pending = false;         // the channel's bit
  bool upcall_pending = false;  // "some channel is pending"
  // The processor.
  bool interrupts_enabled = false;
  bool in_sti_shadow = false;  // one instruction after STI
  bool callback_set = false;   // an interrupt vector for events
  // What the guest knows and Xen does.
  bool noted =
      false;  // its interrupt handler has seen the event, and left a note for the main program
  bool blocked = false;  // the virtual processor sleeps
  bool polling = false;  // it sleeps in SCHEDOP_poll: any event wakes it
  // The guest's own control flow.
  bool found = false;  // the check's answer: do not block

  bool interrupt_deliverable() const {
    return callback_set && upcall_pending && interrupts_enabled && !in_sti_shadow;
  }
};

void guest_looks(World& world) {
  if (!world.pending && !world.noted) return;
  world.pending = world.upcall_pending = world.noted = false;
  world.found = true;
}

// Event delivery from the other side: evtchn_send().
void event_comes(World& world) {
  world.pending = world.upcall_pending = true;
  if (world.polling || (world.blocked && world.interrupt_deliverable()))
    world.blocked = world.polling = false;
}

// The processor takes a deliverable interrupt between two instructions; the handler consumes the
// event, as every handler must, or it would come for ever.
void interrupt_point(World& world) {
  if (!world.blocked && world.interrupt_deliverable()) {
    world.pending = world.upcall_pending = false;
    world.noted = true;
  }
}

using Step = void (*)(World&);

// A step of the guest; steps that block are skipped once the check has found something.
struct Instruction {
  const char* name;
  Step run;
  bool blocks = false;
};

struct Protocol {
  std::string name;
  bool callback = false;
  bool interrupts_at_start = false;
  std::vector<Instruction> instructions;
};

const Instruction check{"check", [](World& world) { guest_looks(world); }};
const Instruction cli{"cli", [](World& world) { world.interrupts_enabled = false; }};
const Instruction sti{"sti", [](World& world) {
                        world.in_sti_shadow = !world.interrupts_enabled;
                        world.interrupts_enabled = true;
                      }};

// SCHEDOP_poll in its two steps: mark the processor blocked and polling, then look at the listed
// ports' pending bits.
const Instruction poll_marks{"poll: mark",
                             [](World& world) { world.blocked = world.polling = true; }, true};
const Instruction poll_looks{"poll: look",
                             [](World& world) {
                               if (world.pending) world.blocked = world.polling = false;
                             },
                             true};

// SCHEDOP_block in its two steps: mark it blocked, then ask whether an interrupt can be delivered.
// The shadow of an STI before the hypercall lasts until the hypercall ends.
const Instruction block_marks{"block: mark", [](World& world) { world.blocked = true; }, true};
const Instruction block_looks{"block: look",
                              [](World& world) {
                                if (world.interrupt_deliverable()) world.blocked = false;
                              },
                              true};
const Instruction leaves_hypercall{"block: return",
                                   [](World& world) { world.in_sti_shadow = false; }, true};

// HLT: the instruction is passed, and with it the shadow, before the processor is marked blocked.
const Instruction hlt_passes{"hlt: pass", [](World& world) { world.in_sti_shadow = false; }, true};

bool sleeps_through_event(const Protocol& protocol, std::size_t moment) {
  World world;
  world.callback_set = protocol.callback;
  world.interrupts_enabled = protocol.interrupts_at_start;
  // Where hypervisor steps run, the guest's processor takes no interrupts: points between
  // instructions only.
  for (std::size_t place = 0; place <= protocol.instructions.size(); ++place) {
    if (place == moment) event_comes(world);
    if (place == protocol.instructions.size()) break;
    const Instruction& instruction = protocol.instructions[place];
    const bool inside_hypervisor =
        instruction.blocks && place != 0 && protocol.instructions[place - 1].blocks;
    if (!inside_hypervisor) interrupt_point(world);
    if (instruction.blocks && world.found) continue;
    const bool shadowed = world.in_sti_shadow;
    instruction.run(world);
    if (!instruction.blocks && shadowed) world.in_sti_shadow = false;
  }
  return world.blocked;
}

// The moments, as places in the program, at which an event is slept through; the event that comes
// after the last step finds the guest asleep and must wake it, too.
std::vector<std::size_t> lost_moments(const Protocol& protocol) {
  std::vector<std::size_t> lost;
  for (std::size_t moment = 0; moment <= protocol.instructions.size(); ++moment) {
    if (sleeps_through_event(protocol, moment)) lost.push_back(moment);
  }
  return lost;
}

}  // namespace

TEST_CASE("checking, then polling the listed ports, loses no event at any moment") {
  CHECK(lost_moments({"poll", false, false, {check, poll_marks, poll_looks}}).empty());
}

TEST_CASE(
    "polling loses none with interrupts enabled either, nor when interrupts could be delivered") {
  CHECK(lost_moments({"poll", false, true, {check, poll_marks, poll_looks}}).empty());
}

TEST_CASE("cli, check, sti and hlt lose no event at any moment") {
  CHECK(lost_moments({"hlt", true, true, {cli, check, sti, hlt_passes, block_marks, block_looks}})
            .empty());
}

TEST_CASE(
    "polling an empty list of ports, which looks at nothing, loses what came after the check") {
  CHECK(lost_moments({"empty poll", false, false, {check, poll_marks}}) ==
        std::vector<std::size_t>{1});
}

TEST_CASE("a poll that looked before it marked itself would lose what comes between") {
  CHECK(lost_moments({"poll, reversed", false, false, {check, poll_looks, poll_marks}}) ==
        std::vector<std::size_t>{1, 2});
}

TEST_CASE("blocking with interrupts disabled loses every event that comes after the check") {
  const Protocol protocol{"block, IF=0", true, false, {check, block_marks, block_looks}};
  CHECK(lost_moments(protocol) == std::vector<std::size_t>{1, 2, 3});
}

TEST_CASE(
    "sti right before the blocking hypercall loses events: its shadow lasts through the call") {
  const Protocol protocol{
      "sti; block", true, true, {cli, check, sti, block_marks, block_looks, leaves_hypercall}};
  const auto lost = lost_moments(protocol);
  CHECK(std::find(lost.begin(), lost.end(), 2) != lost.end());
  CHECK(std::find(lost.begin(), lost.end(), 3) != lost.end());
}

TEST_CASE(
    "blocking with interrupts enabled sleeps, the event consumed by its handler after the check") {
  const Protocol protocol{"block, IF=1", true, true, {check, block_marks, block_looks}};
  const auto lost = lost_moments(protocol);
  // The handler has seen the event, but the main program has not: it sleeps on the old answer of
  // its check.
  CHECK(std::find(lost.begin(), lost.end(), 1) != lost.end());
}

TEST_CASE("hlt without an interrupt vector never wakes") {
  const Protocol protocol{
      "hlt, no vector", false, true, {cli, check, sti, hlt_passes, block_marks, block_looks}};
  CHECK_FALSE(lost_moments(protocol).empty());
}

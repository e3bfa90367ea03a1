// A seed from the toolstack, for processors without a source of random numbers of their own:
//
//   xl create -p NAME.xl
//   xenstore-write /local/domain/$(xl domid NAME)/data/seed $(head -c 32 /dev/urandom | base64 -w 0)
//   xl unpause NAME
//
// The key is removed once it is read, so that nobody reads it after us. A domain that has neither a
// seed nor such a processor says so on its console, and goes on with what time stamps give.
#pragma once

namespace sundog::xen {

// Waits for the store's answer, a second at most. Called at boot, before the stack protector's
// canary is drawn; does nothing where the processor has a source.
void take_seed();

}  // namespace sundog::xen

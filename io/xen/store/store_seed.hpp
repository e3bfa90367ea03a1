// A seed from the toolstack, for processors without a source of random numbers of their own:
//
//   xl create -p NAME.xl
//   xenstore-write /local/domain/$(xl domid NAME)/data/seed \
//       $(head -c 48 /dev/urandom | base64 -w 0)
//   xl unpause NAME
//
// 48 bytes are 64 characters, as many as random bytes for keys take (random.hpp). The key is
// removed once it is read, so that nobody reads it after us.
#pragma once

namespace sundog::xen {

// Reads the seed, if there is one, into keep_seed (seed.hpp), and removes it. Waits for the store's
// answer, a second at most.
void take_seed();

// At boot, before the stack protector's canary is drawn: takes the seed where the processor has no
// source, and says so on the console where it has none and there is no seed either. The domain goes
// on with what time stamps give.
void take_seed_at_boot();

}  // namespace sundog::xen

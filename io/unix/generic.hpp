// The generic devices of Unix: the host's own. See io/generic.hpp.
#pragma once

#include "sundog/io/unix/file_block.hpp"
#include "sundog/io/unix/folder.hpp"
#include "sundog/io/unix/log_file.hpp"
#include "sundog/io/unix/mutable_folder.hpp"
#include "sundog/io/unix/part_file.hpp"
#include "sundog/io/unix/resolver.hpp"
#include "sundog/io/unix/stack.hpp"
#include "sundog/io/unix/system.hpp"

namespace sundog {

// See io/generic.hpp.
using GenericStack = HostStack;
using GenericResolver = HostResolver;
using GenericFolder = Folder;
using GenericMutableFolder = MutableFolder;
using GenericLogFile = LogFile;
using GenericPartFile = PartFile;
using GenericDisk = FileBlock;
using GenericRandom = HostRandom;
using GenericWallClock = HostWallClock;

}  // namespace sundog

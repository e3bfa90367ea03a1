// What classes are at run time (Itanium C++ ABI, 2.9.5): whether one is a base of another, for
// catch and dynamic_cast. In the stock library this is 6 KB, most of it to be fast in deep
// hierarchies with virtual bases; here one walk over a class's bases answers all.
#include <cxxabi.h>

#include <cstddef>
#include <cstdint>
#include <exception>
#include <typeinfo>

namespace __cxxabiv1 {

// The library's name for what is handed down such a walk.
struct __class_type_info::__upcast_result {
  // Sees a part of the object, of the given type; true: its own bases are of no interest.
  bool (*see)(__upcast_result& walk, const __class_type_info& type, const void* part);
  bool is_public = true;  // the way here
};

namespace {

using Walk = __class_type_info::__upcast_result;

// Looks for the parts that have one type, all the way down.
struct Search : Walk {
  explicit Search(const std::type_info& wanted_type)
      : Walk{[](Walk& walk, const __class_type_info& type, const void* part) {
          return static_cast<Search&>(walk).look(type, part);
        }},
        wanted(wanted_type) {}

  bool look(const __class_type_info& type, const void* part) {
    if (type != wanted) return false;
    ambiguous = ambiguous || (found && part != place);
    publicly = publicly || is_public;
    found = true;
    place = part;
    return true;
  }
  bool succeeded() const { return found && publicly && !ambiguous; }

  const std::type_info& wanted;
  bool found = false;
  bool publicly = false;   // by at least one way
  bool ambiguous = false;  // there are several
  const void* place = nullptr;
};

// Where a base is in an object. Virtual ones are found through the object; in none, each is given a
// place that no other has.
const void* base_place(const __base_class_type_info& base, const void* object, bool exists) {
  std::ptrdiff_t offset = base.__offset_flags >> __base_class_type_info::__offset_shift;
  if ((base.__offset_flags & __base_class_type_info::__virtual_mask) != 0) {
    if (!exists) return base.__base_type;
    const char* const table = *static_cast<const char* const*>(object);
    offset = *reinterpret_cast<const std::ptrdiff_t*>(table + offset);
  }
  return reinterpret_cast<const void*>(reinterpret_cast<std::intptr_t>(object) + offset);
}

}  // namespace

__class_type_info::~__class_type_info() = default;
__si_class_type_info::~__si_class_type_info() = default;
__vmi_class_type_info::~__vmi_class_type_info() = default;

// The walk: `whole` is the object, or null where there is none.
bool __class_type_info::__do_upcast(const __class_type_info*, const void* part,
                                    __upcast_result& __restrict walk) const {
  return walk.see(walk, *this, part);
}
bool __si_class_type_info::__do_upcast(const __class_type_info* whole, const void* part,
                                       __upcast_result& __restrict walk) const {
  return walk.see(walk, *this, part) || __base_type->__do_upcast(whole, part, walk);
}
bool __vmi_class_type_info::__do_upcast(const __class_type_info* whole, const void* part,
                                        __upcast_result& __restrict walk) const {
  if (walk.see(walk, *this, part)) return true;
  const bool is_public = walk.is_public;
  for (unsigned index = 0; index < __base_count; ++index) {
    const __base_class_type_info& base = __base_info[index];
    walk.is_public =
        is_public && (base.__offset_flags & __base_class_type_info::__public_mask) != 0;
    base.__base_type->__do_upcast(whole, base_place(base, part, whole != nullptr), walk);
  }
  walk.is_public = is_public;
  return false;
}

bool __class_type_info::__do_upcast(const __class_type_info* wanted, void** object) const {
  Search search(*wanted);
  __do_upcast(*object != nullptr ? this : nullptr, *object, search);
  if (!search.succeeded()) return false;
  if (*object != nullptr) *object = const_cast<void*>(search.place);
  return true;
}

bool __class_type_info::__do_catch(const std::type_info* thrown, void** object,
                                   unsigned outer) const {
  constexpr unsigned pointer_to_pointer = 4;  // of which only the same type is caught
  if (*this == *thrown) return true;
  return outer < pointer_to_pointer && thrown->__do_upcast(this, object);
}

// The stock library's dynamic_cast goes by these, ours does not.
__class_type_info::__sub_kind __class_type_info::__do_find_public_src(std::ptrdiff_t, const void*,
                                                                      const __class_type_info*,
                                                                      const void*) const {
  std::terminate();
}
__class_type_info::__sub_kind __si_class_type_info::__do_find_public_src(
    std::ptrdiff_t distance, const void* object, const __class_type_info* type,
    const void* part) const {
  return __class_type_info::__do_find_public_src(distance, object, type, part);
}
__class_type_info::__sub_kind __vmi_class_type_info::__do_find_public_src(
    std::ptrdiff_t distance, const void* object, const __class_type_info* type,
    const void* part) const {
  return __class_type_info::__do_find_public_src(distance, object, type, part);
}
bool __class_type_info::__do_dyncast(std::ptrdiff_t, __sub_kind, const __class_type_info*,
                                     const void*, const __class_type_info*, const void*,
                                     __dyncast_result& __restrict) const {
  std::terminate();
}
bool __si_class_type_info::__do_dyncast(std::ptrdiff_t, __sub_kind, const __class_type_info*,
                                        const void*, const __class_type_info*, const void*,
                                        __dyncast_result& __restrict) const {
  std::terminate();
}
bool __vmi_class_type_info::__do_dyncast(std::ptrdiff_t, __sub_kind, const __class_type_info*,
                                         const void*, const __class_type_info*, const void*,
                                         __dyncast_result& __restrict) const {
  std::terminate();
}

namespace {

// Whether one certain part is in an object.
struct Contains : Walk {
  Contains(const std::type_info& part_type, const void* part_place)
      : Walk{[](Walk& walk, const __class_type_info& type, const void* part) {
          auto& self = static_cast<Contains&>(walk);
          if (part != self.place || type != self.wanted) return false;
          self.found = true;
          self.publicly = self.publicly || self.is_public;
          return true;
        }},
        wanted(part_type),
        place(part_place) {}

  const std::type_info& wanted;
  const void* place;
  bool found = false;
  bool publicly = false;
};

// The parts of a whole object that have the type which a dynamic_cast wants, and which of them have
// its source as a base.
struct Candidates : Walk {
  Candidates(const std::type_info& wanted, const std::type_info& source, const void* source_place)
      : Walk{[](Walk& walk, const __class_type_info& type, const void* part) {
          return static_cast<Candidates&>(walk).look(type, part);
        }},
        all(wanted),
        source_type(source),
        source_part(source_place) {}

  bool look(const __class_type_info& type, const void* part) {
    all.is_public = is_public;
    if (!all.look(type, part)) return false;
    Contains inside(source_type, source_part);
    type.__do_upcast(&type, part, inside);
    if (!inside.found || part == holder) return true;
    ++holder_count;
    holder = part;
    held_publicly = inside.publicly;
    return true;
  }

  Search all;
  const std::type_info& source_type;
  const void* source_part;
  int holder_count = 0;
  bool held_publicly = false;
  const void* holder = nullptr;
};

}  // namespace

// C++20, [expr.dynamic.cast] 8: down to the one object that has the source as a public base, or
// else, if it is a public base of the whole object, across to its one public part of that type.
extern "C" void* __dynamic_cast(const void* source, const __class_type_info* source_type,
                                const __class_type_info* wanted, std::ptrdiff_t) {
  const auto* const table = *static_cast<const std::ptrdiff_t* const*>(source);
  const void* const whole = static_cast<const char*>(source) + table[-2];
  const auto* const type = reinterpret_cast<const __class_type_info*>(table[-1]);
  Candidates candidates(*wanted, *source_type, source);
  type->__do_upcast(type, whole, candidates);
  if (candidates.holder_count == 1 && candidates.held_publicly)
    return const_cast<void*>(candidates.holder);
  Contains inside(*source_type, source);
  type->__do_upcast(type, whole, inside);
  const bool across = inside.publicly && candidates.all.succeeded();
  return across ? const_cast<void*>(candidates.all.place) : nullptr;
}

}  // namespace __cxxabiv1

"""Makes an image of what the linker made: pack(PROGRAM) gives its bytes.

The image has the program's segments, at the same addresses, and nothing else: no symbols, no sections, no padding between
segments. The exception tables are written anew. The linker leaves .eh_frame, DWARF by which a debugger finds the callers of every
instruction; an image unwinds from calls alone (io/xen/x86/frame.hpp), and gets this in its place, little-endian:

  Table      u16 shapes, rows, functions, 0
  rows       u32 each, ascending: place << 10 | has handlers << 9 | shape. A row holds from its place up to the next row's; places
             are counted from the text's start, which is the image's. Shape 0: no exception passes here; others are counted from 1
  functions  u32 place, u32 area each, ascending: those with handlers, and where in .gcc_except_table theirs are
  shapes     u16 words, u8 from_rbp, u8 saved[6], u8 arguments each: see Shape in unwind.cpp
"""

import bisect
import struct

PAGE = 4096
SHAPES_MAX, PLACE_BITS = 511, 22
RBP, RSP, RETURN = 6, 7, 16
SAVED = (3, RBP, 12, 13, 14, 15)  # DWARF's numbers of rbx, rbp, r12 to r15: Frame's order


class Program:
    """The parts of an ELF file that matter here."""

    def __init__(self, path):
        self.bytes = path.read_bytes()
        entry, program_at, section_at = struct.unpack_from("<QQQ", self.bytes, 24)
        self.entry = entry
        size, count, section_size, section_count, names = struct.unpack_from("<5H", self.bytes, 54)
        self.segments = [struct.unpack_from("<IIQQQQQQ", self.bytes, program_at + size * index) for index in range(count)]
        rows = [struct.unpack_from("<IIQQQQIIQQ", self.bytes, section_at + section_size * index)
                for index in range(section_count)]
        text = rows[names][4]
        self.sections = {self.bytes[text + row[0]:self.bytes.index(b"\0", text + row[0])].decode(): row for row in rows}

    def section(self, name):
        """Its address and its bytes."""
        row = self.sections.get(name)
        return (0, b"") if row is None else (row[3], self.bytes[row[4]:row[4] + row[5]])


class Reader:
    """Numbers out of a section, in DWARF's encodings."""

    def __init__(self, data, address, place, end):
        self.data, self.address, self.place, self.end = data, address, place, end

    def take(self, layout):
        value, = struct.unpack_from("<" + layout, self.data, self.place)
        self.place += struct.calcsize(layout)
        return value

    def leb128(self, signed=False):
        value = shift = 0
        while True:
            byte = self.take("B")
            value |= (byte & 0x7f) << shift
            shift += 7
            if not byte & 0x80:
                return value - (1 << shift) if signed and byte & 0x40 else value

    def pointer(self, encoding):
        here = self.address + self.place
        layout = {0x00: "Q", 0x03: "I", 0x0b: "i", 0x04: "Q", 0x0c: "q"}[encoding & 0x0f]
        value = self.take(layout)
        return value + here if value and encoding & 0x10 else value


def read_common(reader):
    """A CIE: what its functions have in common."""
    assert reader.take("B") == 1, "version"
    start = reader.place
    reader.place = reader.data.index(b"\0", start) + 1
    letters = reader.data[start:reader.place - 1].decode()
    common = {"code": reader.leb128(), "data": reader.leb128(signed=True), "pointers": 0, "area": None}
    assert reader.leb128() == RETURN, "the return address's column"
    rest = reader.place
    if letters.startswith("z"):
        size = reader.leb128()
        rest = reader.place + size
    for letter in letters[1:]:
        if letter == "R":
            common["pointers"] = reader.take("B")
        elif letter == "L":
            common["area"] = reader.take("B")
        elif letter == "P":
            reader.pointer(reader.take("B") & 0x7f)
    reader.place = rest
    common["program"] = reader.data[rest:reader.end]
    return common


def run(program, common, state, place):
    """Runs call frame instructions; yields (place, state) before each step on, and at the end."""
    reader = Reader(program, 0, 0, len(program))
    kept, first = [], {key: state[key] for key in state}
    while reader.place < reader.end:
        code = reader.take("B")
        high, low = code & 0xc0, code & 0x3f
        if high == 0x40 or code in (0x02, 0x03, 0x04):
            yield place, dict(state)
            place += (low if high == 0x40 else reader.take({2: "B", 3: "H", 4: "I"}[code])) * common["code"]
        elif high == 0x80:
            state[low] = reader.leb128() * common["data"]
        elif high == 0xc0:
            state[low] = first.get(low)
        elif code == 0x0c:
            state["base"], state["offset"] = reader.leb128(), reader.leb128()
        elif code == 0x0d:
            state["base"] = reader.leb128()
        elif code == 0x0e:
            state["offset"] = reader.leb128()
        elif code == 0x0a:
            kept.append(dict(state))
        elif code == 0x0b:
            arguments = state["arguments"]
            state.clear()
            state.update(kept.pop(), arguments=arguments)
        elif code == 0x2e:
            state["arguments"] = reader.leb128()
        elif code != 0x00:
            raise ValueError(f"call frame instruction {code:#x} has no place in an image's tables")
    yield place, dict(state)


def shape_of(state):
    assert state["base"] in (RBP, RSP) and state["offset"] % 8 == 0 and state["arguments"] % 8 == 0, state
    saved = [-(state.get(register) or 0) // 8 for register in SAVED]
    return struct.pack("<HB6BB", state["offset"] // 8, state["base"] == RBP, *saved, state["arguments"] // 8)


def functions_of(program):
    """Every function in .eh_frame: (start, end, area or None, [(place, shape)])."""
    address, data = program.section(".eh_frame")
    commons, place = {}, 0
    while place + 4 <= len(data):
        size, = struct.unpack_from("<I", data, place)
        if size == 0:
            break
        reader = Reader(data, address, place + 4, place + 4 + size)
        here, back = reader.place, reader.take("I")
        if back == 0:
            commons[place] = read_common(reader)
        else:
            common = commons[here - back]
            start = reader.pointer(common["pointers"])
            length = reader.pointer(common["pointers"] & 0x0f)
            augmentation_end = reader.leb128() + reader.place
            area = reader.pointer(common["area"]) if common["area"] is not None else 0
            state = {"base": RSP, "offset": 8, "arguments": 0}
            for _ in run(common["program"], common, state, start):
                pass
            steps = run(data[augmentation_end:reader.end], common, state, start)
            yield start, start + length, area or None, [(at, shape_of(found)) for at, found in steps]
        place += 4 + size


def may_call(code, start, end):
    """Whether there may be a call in this stretch of code: it holds an opcode of one that its operand fits behind. It need not be
    one, for what is not decoded may be part of another instruction; then a row more than needed is kept."""
    return b"\xe8" in code[start:max(start, end - 4)] or b"\xff" in code[start:max(start, end - 1)]


def unwind_table(program):
    """The table described above."""
    text_at, text = program.section(".text")
    areas_at, _ = program.section(".gcc_except_table")
    shapes, rows, functions, reached = {}, [], [], text_at

    def add(place, bits):
        if not rows or rows[-1][1] != bits:
            rows.append((place, bits))

    for begin, end, area, steps in sorted(functions_of(program)):
        if begin > reached and may_call(text, reached - text_at, begin - text_at):
            add(reached, 0)
        ends = [place for place, _ in steps[1:]] + [end]
        for (place, shape), until in zip(steps, ends):
            if may_call(text, place - text_at, until - text_at):
                add(place, shapes.setdefault(shape, len(shapes) + 1) | (1 << 9 if area else 0))
        if area:
            functions.append((begin - text_at, area - areas_at))
        reached = end
    add(reached, 0)
    assert len(shapes) <= SHAPES_MAX, f"{len(shapes)} shapes of stack frames: more than a row can name"
    assert rows[-1][0] - text_at < 1 << PLACE_BITS, "more code than a row can name"
    return b"".join([struct.pack("<4H", len(shapes), len(rows), len(functions), 0),
                     *(struct.pack("<I", (place - text_at) << 10 | bits) for place, bits in rows),
                     *(struct.pack("<2I", *function) for function in functions), *shapes])


def pack(path):
    """The image made of the linked program at `path`."""
    program = Program(path)
    loads = [segment for segment in program.segments if segment[0] == 1]
    notes = [segment for segment in program.segments if segment[0] == 4]
    table_at, old = program.section(".eh_frame")
    table = unwind_table(program)
    assert len(table) <= len(old), "the new table is longer than the old one"
    place = 64 + 56 * (len(loads) + len(notes))
    headers, contents, moved = [], [], {}
    for kind, flags, offset, virtual, physical, size, memory, _ in loads:
        content = program.bytes[offset:offset + size]
        if virtual <= table_at < virtual + size:
            assert table_at + len(old) == virtual + size, "the table must be its segment's last part"
            content = content[:table_at - virtual] + table
        contents.append(content)
        moved[offset] = place, size
        headers.append(struct.pack("<IIQQQQQQ", kind, flags, place, virtual, physical, len(content), memory, 1))
        place += len(content)
    for kind, flags, offset, virtual, physical, size, memory, align in notes:
        new, = [at + offset - old_at for old_at, (at, length) in moved.items() if old_at <= offset < old_at + length]
        headers.append(struct.pack("<IIQQQQQQ", kind, flags, new, virtual, physical, size, memory, align))
    head = program.bytes[:16] + struct.pack("<HHIQQQIHHHHHH", 2, 62, 1, program.entry, 64, 0, 0, 64, 56, len(headers), 64, 0, 0)
    return head + b"".join(headers + contents)

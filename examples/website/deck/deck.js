// Turns the page into a deck: one slide at a time in a grid whose columns are chapters.
//
// Without this file the page is a plain document: an index, then every slide in reading order, each
// with its anchor. With it, left and right change the chapter, up and down move within it, Escape
// opens the index. The address's fragment is the only state: whatever changes the slide changes
// the fragment, so that a reload, a bookmark and the back button all work.
"use strict";

document.documentElement.classList.add("js");

document.addEventListener("DOMContentLoaded", () => {
  const root = document.documentElement;
  const index = document.getElementById("index");
  const slides = [...document.querySelectorAll(".slide")];
  const chapters = [];  // chapters[column][row] is a slide
  for (const slide of slides) (chapters[slide.dataset.column] ??= [])[slide.dataset.row] = slide;

  let current = null;

  const column_of = (slide) => Number(slide.dataset.column);
  const row_of = (slide) => Number(slide.dataset.row);
  const index_is_open = () => root.classList.contains("index-open");

  function neighbour(direction) {
    const column = column_of(current);
    const row = row_of(current);
    const position = slides.indexOf(current);
    switch (direction) {
      case "left": return chapters[column - 1]?.[0];
      case "right": return chapters[column + 1]?.[0];
      case "up": return chapters[column][row - 1];
      case "down": return chapters[column][row + 1];
      case "next": return slides[position + 1];
      case "previous": return slides[position - 1];
      case "first": return slides[0];
      case "last": return slides[slides.length - 1];
    }
  }

  function turn(direction) {
    const slide = neighbour(direction);
    if (!slide || slide === current) return;
    root.dataset.direction = direction;
    location.hash = slide.id;
  }

  function show_slide_of_address() {
    const name = decodeURIComponent(location.hash.slice(1));
    const slide = slides.find((candidate) => candidate.id === name) ?? slides[0];
    close_index();
    if (slide === current) return;
    current?.classList.remove("current");
    current = slide;
    slide.classList.add("current");
    slide.scrollTop = 0;
    slide.tabIndex = -1;
    slide.focus({preventScroll: true});
    const title = slide.querySelector("h1, h2").textContent;
    document.title = title === "Sundog" ? title : `${title} · Sundog`;
    update_bar();
  }

  // The bar: where we are in the grid, and the four moves for those without a keyboard.
  const bar = document.createElement("nav");
  bar.className = "bar";
  bar.setAttribute("aria-label", "Turn the pages");
  const button = (label, sign, action) => {
    const made = document.createElement("button");
    made.type = "button";
    made.title = label;
    made.setAttribute("aria-label", label);
    made.textContent = sign;
    made.addEventListener("click", action);
    return made;
  };
  const moves = {
    left: button("Previous chapter (left arrow)", "←", () => turn("left")),
    up: button("Up (up arrow)", "↑", () => turn("up")),
    down: button("Down, more of this chapter (down arrow)", "↓", () => turn("down")),
    right: button("Next chapter (right arrow)", "→", () => turn("right")),
  };
  const map = document.createElement("div");
  map.className = "map";
  map.setAttribute("aria-hidden", "true");
  const dots = new Map();
  for (const chapter of chapters) {
    const column = map.appendChild(document.createElement("span"));
    for (const slide of chapter) {
      const dot = column.appendChild(document.createElement("a"));
      dot.href = `#${slide.id}`;
      dot.tabIndex = -1;
      dot.title = slide.querySelector("h1, h2").textContent;
      dots.set(slide, dot);
    }
  }
  bar.append(button("Index of all slides (Escape)", "☰", toggle_index), map,
             moves.left, moves.up, moves.down, moves.right);
  document.body.append(bar);

  function update_bar() {
    for (const [slide, dot] of dots) dot.classList.toggle("here", slide === current);
    for (const direction in moves) moves[direction].disabled = !neighbour(direction);
  }

  // The index is the page's own table of contents, shown over everything.
  function toggle_index() {
    if (index_is_open()) return close_index();
    root.classList.add("index-open");
    index.querySelectorAll("a[aria-current]").forEach((a) => a.removeAttribute("aria-current"));
    const link = index.querySelector(`a[href="#${current.id}"]`);
    link.setAttribute("aria-current", "page");
    link.focus();
  }

  function close_index() {
    if (!index_is_open()) return;
    root.classList.remove("index-open");
    current?.focus({preventScroll: true});
  }

  function move_in_index(direction) {
    const columns = [...index.querySelectorAll(".index-chapter")].map(
        (chapter) => [...chapter.querySelectorAll("a")]);
    let column = columns.findIndex((links) => links.includes(document.activeElement));
    if (column < 0) return columns[0][0].focus();
    let row = columns[column].indexOf(document.activeElement);
    if (direction === "left") column -= 1;
    if (direction === "right") column += 1;
    if (direction === "up") row -= 1;
    if (direction === "down") row += 1;
    const links = columns[Math.min(Math.max(column, 0), columns.length - 1)];
    links[Math.min(Math.max(row, 0), links.length - 1)].focus();
  }

  index.addEventListener("click", (event) => {
    if (event.target.closest("a")) close_index();  // also when it names the slide we are on
    else if (event.target === index) close_index();
  });

  const moves_of_keys = {
    ArrowLeft: "left", ArrowRight: "right", ArrowUp: "up", ArrowDown: "down",
    PageDown: "next", PageUp: "previous", Home: "first", End: "last",
  };

  // A slide taller than the window scrolls first and turns when its end is reached.
  const at_top = () => current.scrollTop <= 1;
  const at_bottom = () =>
      current.scrollTop + current.clientHeight >= current.scrollHeight - 2;

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    if (event.key === "Escape") {
      toggle_index();
      event.preventDefault();
      return;
    }
    const on_button = event.target.closest("button");
    let direction = moves_of_keys[event.key];
    if (event.key === " " && !on_button) direction = event.shiftKey ? "previous" : "next";
    if (!direction) return;
    if (index_is_open()) {
      if (["left", "right", "up", "down"].includes(direction)) {
        move_in_index(direction);
        event.preventDefault();
      }
      return;
    }
    const scrolls = (["down", "next"].includes(direction) && !at_bottom()) ||
                    (["up", "previous"].includes(direction) && !at_top());
    if (scrolls) {
      const step = current.clientHeight * 0.8;
      current.scrollBy({top: ["down", "next"].includes(direction) ? step : -step});
    } else {
      turn(direction);
    }
    event.preventDefault();
  });

  // Swipes. A finger on code wider than its box scrolls the code instead of turning the page.
  const swipe_px_min = 60;
  let touch = null;

  function scrolls_sideways(element) {
    const code = element.closest("pre");
    return code !== null && code.scrollWidth > code.clientWidth + 1;
  }

  document.addEventListener("touchstart", (event) => {
    const single = event.touches.length === 1 && !index_is_open();
    touch = single ? {x: event.touches[0].clientX, y: event.touches[0].clientY,
                      target: event.target, top: at_top(), bottom: at_bottom()} : null;
  }, {passive: true});

  document.addEventListener("touchend", (event) => {
    if (!touch) return;
    const across = event.changedTouches[0].clientX - touch.x;
    const down = event.changedTouches[0].clientY - touch.y;
    const start = touch;
    touch = null;
    if (Math.abs(across) > Math.max(swipe_px_min, 1.5 * Math.abs(down))) {
      if (!scrolls_sideways(start.target)) turn(across < 0 ? "right" : "left");
    } else if (Math.abs(down) > Math.max(swipe_px_min, 1.5 * Math.abs(across))) {
      if (down < 0 && start.bottom) turn("down");
      if (down > 0 && start.top) turn("up");
    }
  }, {passive: true});

  window.addEventListener("hashchange", show_slide_of_address);
  show_slide_of_address();
});

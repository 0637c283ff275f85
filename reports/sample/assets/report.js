// Sorting, filtering, copying and searching. Everything can be read without this file.
"use strict";
(function () {
  var body = document.body, words = body.dataset, root = words.root;

  function number(text) {
    var found = text.replace(/,/g, "").replace("−", "-").match(/-?\d+(\.\d+)?/);
    return found ? parseFloat(found[0]) : -Infinity;
  }
  function value(row, column, numeric) {
    var cell = row.cells[column];
    if (!cell) return numeric ? -Infinity : "";
    var text = cell.dataset.v !== undefined ? cell.dataset.v : cell.textContent.trim();
    return numeric ? number(text) : text;
  }

  function sortable(table) {
    var bodyRows = table.tBodies[0];
    if (!table.tHead || !bodyRows || bodyRows.rows.length < 2) return;
    Array.prototype.forEach.call(table.tHead.rows[0].cells, function (head, column) {
      if (!head.textContent.trim()) return;
      var button = document.createElement("button");
      button.type = "button";
      while (head.firstChild) button.appendChild(head.firstChild);
      head.appendChild(button);
      button.addEventListener("click", function () {
        var numeric = head.dataset.sort === "num";
        var was = head.getAttribute("aria-sort");
        var down = was ? was === "ascending" : numeric && column > 0;
        Array.prototype.forEach.call(table.tHead.rows[0].cells, function (c) { c.removeAttribute("aria-sort"); });
        head.setAttribute("aria-sort", down ? "descending" : "ascending");
        var rows = Array.prototype.slice.call(bodyRows.rows).map(function (row, i) {
          return { row: row, key: value(row, column, numeric), i: i };
        });
        rows.sort(function (a, b) {
          var by = numeric ? a.key - b.key : a.key.localeCompare(b.key, document.documentElement.lang);
          if (by !== by) by = 0;
          return (down ? -by : by) || a.i - b.i;
        });
        rows.forEach(function (r) { bodyRows.appendChild(r.row); });
      });
    });
  }

  // A cell that begins like a formula must not become one in a spreadsheet.
  function safe(text) {
    text = text.replace(/\s+/g, " ").trim();
    return /^[=+\-@＝＋－＠]/.test(text) && !/^[+\-]?[\d.,%]+$/.test(text) ? "'" + text : text;
  }
  function asText(table) {
    return Array.prototype.filter.call(table.rows, function (r) { return !r.hidden; }).map(function (row) {
      return Array.prototype.map.call(row.cells, function (c) {
        var copy = c.cloneNode(true);
        Array.prototype.forEach.call(copy.querySelectorAll("svg"), function (s) { s.remove(); });
        return safe(copy.textContent);
      }).join("\t");
    }).join("\n");
  }
  function copy(text, done) {
    function old() {
      var area = document.createElement("textarea");
      area.value = text;
      area.className = "sr";
      body.appendChild(area);
      area.select();
      var ok = document.execCommand("copy");
      area.remove();
      if (ok) done();
    }
    if (navigator.clipboard && window.isSecureContext) navigator.clipboard.writeText(text).then(done, old);
    else old();
  }

  function tools(table) {
    var rows = table.tBodies[0] ? table.tBodies[0].rows : [];
    if (rows.length < 2 || table.classList.contains("plain")) return;
    var bar = document.createElement("div");
    bar.className = "tools";
    var heads = table.tHead ? Array.prototype.slice.call(table.tHead.rows[0].cells) : [];
    var picks = heads.filter(function (h) { return h.hasAttribute("data-pick"); });
    if (rows.length > 8 || picks.length) {
      var left = document.createElement("span");
      left.setAttribute("aria-live", "polite");
      var field = document.createElement("input");
      field.type = "search";
      field.placeholder = words.filter;
      field.setAttribute("aria-label", words.filter);
      var picked = function (cell) { return cell.dataset.v !== undefined ? cell.dataset.v : cell.textContent.trim(); };
      var choices = picks.map(function (head) {
        var column = heads.indexOf(head), select = document.createElement("select"), seen = {};
        select.setAttribute("aria-label", head.textContent);
        select.appendChild(new Option(head.textContent, ""));
        Array.prototype.forEach.call(rows, function (row) { seen[picked(row.cells[column])] = true; });
        Object.keys(seen).sort(function (a, b) { return a.localeCompare(b, document.documentElement.lang); })
          .forEach(function (text) { select.appendChild(new Option(text, text)); });
        return { column: column, select: select, many: Object.keys(seen).length > 1 };
      }).filter(function (c) { return c.many; });
      var narrow = function () {
        var want = field.value.trim().toLowerCase(), shown = 0, some = want !== "";
        choices.forEach(function (c) { some = some || c.select.value !== ""; });
        Array.prototype.forEach.call(rows, function (row) {
          var hide = want !== "" && row.textContent.toLowerCase().indexOf(want) < 0;
          choices.forEach(function (c) {
            hide = hide || (c.select.value !== "" && picked(row.cells[c.column]) !== c.select.value);
          });
          row.hidden = hide;
          if (!hide) shown += 1;
        });
        left.textContent = some ? shown + " " + words.rows : "";
      };
      field.addEventListener("input", narrow);
      choices.forEach(function (c) { c.select.addEventListener("change", narrow); bar.appendChild(c.select); });
      bar.appendChild(field);
      bar.appendChild(left);
    }
    var button = document.createElement("button");
    button.type = "button";
    button.textContent = words.copy;
    button.addEventListener("click", function () {
      copy(asText(table), function () {
        button.textContent = words.copied;
        setTimeout(function () { button.textContent = words.copy; }, 1500);
      });
    });
    bar.appendChild(button);
    var box = table.closest(".scroll") || table;
    box.parentNode.insertBefore(bar, box);
  }

  Array.prototype.forEach.call(document.querySelectorAll("main table"), function (table) { sortable(table); tools(table); });

  var box = document.querySelector(".search"), input = document.getElementById("q"), hits = document.getElementById("hits");
  var index = window.vocSearch || [];
  if (box && index.length) {
    box.hidden = false;
    input.addEventListener("input", function () {
      var want = input.value.trim().toLowerCase();
      hits.textContent = "";
      hits.hidden = want === "";
      if (!want) return;
      var found = index.filter(function (e) { return (e[0] + " " + e[1]).toLowerCase().indexOf(want) >= 0; }).slice(0, 20);
      found.forEach(function (e) {
        var item = document.createElement("li"), link = document.createElement("a"), kind = document.createElement("span");
        link.href = root + e[2];
        link.textContent = e[0];
        kind.textContent = e[1];
        link.appendChild(kind);
        item.appendChild(link);
        hits.appendChild(item);
      });
      if (!found.length) {
        var none = document.createElement("li"), text = document.createElement("p");
        text.textContent = words.none;
        none.appendChild(text);
        hits.appendChild(none);
      }
    });
    input.addEventListener("keydown", function (event) {
      if (event.key === "Escape") { hits.hidden = true; input.value = ""; }
      var first = hits.querySelector("a");
      if (event.key === "Enter" && first) first.click();
      if (event.key === "ArrowDown" && first) { event.preventDefault(); first.focus(); }
    });
    hits.addEventListener("keydown", function (event) {
      var item = document.activeElement.closest("li");
      var next = item && (event.key === "ArrowDown" ? item.nextElementSibling : event.key === "ArrowUp" ? item.previousElementSibling : null);
      if (event.key === "ArrowDown" || event.key === "ArrowUp") {
        event.preventDefault();
        (next && next.querySelector("a") || input).focus();
      }
      if (event.key === "Escape") { hits.hidden = true; input.focus(); }
    });
    document.addEventListener("click", function (event) { if (!box.contains(event.target)) hits.hidden = true; });
  }
  document.addEventListener("keydown", function (event) {
    if (event.key === "/" && input && box && !box.hidden && !/^(INPUT|TEXTAREA)$/.test(document.activeElement.tagName)) {
      event.preventDefault();
      input.focus();
    }
  });
})();

// Live help while typing. The form works without it: the server judges what is
// posted. It never blocks a post, keeps nothing, and sends nothing.
"use strict";
(() => {
  // Card schemes by leading digits, as people know them, and how they are printed.
  const schemes = [
    ["American Express", /^3[47]/, [4, 6, 5]],
    ["Diners Club", /^3(0[0-5]|095|[689])/, [4, 6, 4]],
    ["Visa", /^4/],
    ["Mastercard", /^(5[1-5]|222[1-9]|22[3-9]|2[3-6]|27[01]|2720)/],
    ["JCB", /^35(2[89]|[3-8])/],
    ["Discover", /^(6011|65|64[4-9])/],
    ["UnionPay", /^62/],
    ["Maestro", /^(5018|5020|5038|6304|6759|676)/],
  ];
  const schemeOf = (digits) => schemes.find(([, lead]) => lead.test(digits)) || ["", null];

  // plain turns full-width characters into ASCII ones.
  const plain = (text) => text.normalize("NFKC");
  const digitsOf = (text) => plain(text).replace(/[^0-9]/g, "");

  const grouped = (text, sizes, rest, mark) => {
    const groups = [];
    for (let i = 0, at = 0; at < text.length; i++) {
      const size = sizes[i] || rest;
      groups.push(text.slice(at, at + size));
      at += size;
    }
    return groups.join(mark);
  };

  // Each format: what it may hold, what of it counts for the caret, and its look.
  const looks = {
    card: {
      only: /^[\d\s.-]*$/, counts: /\d/,
      look: (text) => grouped(digitsOf(text).slice(0, 19), schemeOf(digitsOf(text))[2] || [], 4, " "),
    },
    expiry: {
      only: /^\d{0,2}\s*[/.-]?\s*\d{0,2}$/, counts: /\d/,
      look: (text) => {
        let digits = digitsOf(text);
        if (/^[2-9]/.test(digits) || /^1\s*[/.-]/.test(text)) digits = "0" + digits;
        if (digits.length > 4) return text;
        const slash = digits.length === 2 && /[/.-]\s*$/.test(text) ? "/" : "";
        return grouped(digits, [2], 2, "/") + slash;
      },
    },
    iban: {
      only: /^[A-Za-z]{1,2}[A-Za-z\d\s-]*$/, counts: /[A-Z\d]/,
      look: (text) => grouped(text.toUpperCase().replace(/[^A-Z\d]/g, "").slice(0, 34), [], 4, " "),
    },
    ssn: {
      only: /^[\d\s-]*$/, counts: /\d/,
      look: (text) => grouped(digitsOf(text).slice(0, 9), [3, 2], 4, "-"),
    },
  };

  const count = (text, which) => [...text].filter((c) => which.test(c)).length;

  // rewrite gives an input its look and keeps the caret behind the same character.
  function rewrite(input, format) {
    const before = plain(input.value);
    if (!format.only.test(before)) return;
    const after = format.look(before);
    if (after === input.value) return;
    const caret = input.selectionStart;
    const atEnd = caret === null || caret >= input.value.length;
    let left = count(plain(input.value.slice(0, caret || 0)).toUpperCase(), format.counts);
    input.value = after;
    if (atEnd || document.activeElement !== input) return;
    let at = 0;
    while (at < after.length && left > 0) if (format.counts.test(after[at++])) left--;
    input.setSelectionRange(at, at);
  }

  function luhn(digits) {
    let sum = 0;
    for (let i = 0; i < digits.length; i++) {
      let digit = Number(digits[digits.length - 1 - i]);
      if (i % 2 && (digit *= 2) > 9) digit -= 9;
      sum += digit;
    }
    return sum % 10 === 0;
  }

  function mod97(iban) {
    let rest = 0;
    for (const c of iban.slice(4) + iban.slice(0, 4)) {
      for (const digit of parseInt(c, 36).toString()) rest = (rest * 10 + Number(digit)) % 97;
    }
    return rest === 1;
  }

  // What can be said of a value: "" when nothing is, a word, or that it is wrong.
  const verdicts = {
    card(input, left) {
      const digits = digitsOf(input.value);
      const [name] = schemeOf(digits);
      if (digits.length >= 12 && luhn(digits)) return { good: true, text: name && name + " ✓" };
      return left && digits ? { bad: true, text: input.dataset.wrong } : { text: name };
    },
    iban(input, left) {
      const iban = plain(input.value).toUpperCase().replace(/[^A-Z\d]/g, "");
      if (iban.length >= 15 && mod97(iban)) return { good: true, text: "✓" };
      return left && iban ? { bad: true, text: input.dataset.wrong } : { text: "" };
    },
    expiry(input, left) {
      const found = /^(\d\d)\/(?:20)?(\d\d)$/.exec(plain(input.value).replace(/\s/g, ""));
      if (!found) return left && input.value && !/\D.*\D|^\D/.test(input.value) ? { bad: true, text: input.dataset.wrong } : { text: "" };
      const month = Number(found[1]);
      if (month < 1 || month > 12) return { bad: true, text: input.dataset.wrong };
      const ended = new Date(2000 + Number(found[2]), month, 2) < new Date();
      return ended ? { bad: true, text: input.dataset.late } : { good: true, text: "" };
    },
  };

  // say puts a verdict under an input, politely for screen readers.
  function say(input, holder, verdict) {
    if (!holder.live) {
      holder.live = document.createElement("p");
      holder.live.className = "live";
      holder.live.id = (input.id || input.name) + "-live";
      holder.live.setAttribute("aria-live", "polite");
      holder.append(holder.live);
      const about = input.getAttribute("aria-describedby");
      input.setAttribute("aria-describedby", (about ? about + " " : "") + holder.live.id);
    }
    const text = verdict.text || "";
    if (holder.live.textContent !== text) holder.live.textContent = text;
    holder.live.classList.toggle("bad", Boolean(verdict.bad));
    if (verdict.bad) input.setAttribute("aria-invalid", "true");
    if (verdict.good) {
      input.removeAttribute("aria-invalid");
      for (const problem of holder.querySelectorAll(".problem")) problem.hidden = true;
    }
  }

  function help(input) {
    const format = looks[input.dataset.format];
    const verdict = verdicts[input.dataset.format];
    const holder = input.closest(".field");
    const judge = (left) => verdict && say(input, holder, verdict(input, left));
    input.addEventListener("input", (event) => {
      if (event.isComposing) return;
      if (format && event.inputType !== "historyUndo") rewrite(input, format);
      judge(false);
    });
    for (const name of ["change", "blur"]) input.addEventListener(name, () => input.value && judge(true));
    if (input.value && format) rewrite(input, format);
  }

  // helpDate spreads a date that is pasted whole, and tells one that is none.
  function helpDate(set) {
    const inputs = [...set.querySelectorAll("input")];
    const part = (name) => inputs.find((input) => input.name.endsWith("." + name));
    set.addEventListener("input", (event) => {
      const found = /^(\d{1,4})\s*[-./ ]\s*(\d{1,2})\s*[-./ ]\s*(\d{1,4})$/.exec(plain(event.target.value).trim());
      if (!found) return;
      const iso = found[1].length === 4;
      if (iso === (found[3].length === 4)) return;
      const local = inputs.map((input) => input.name.split(".").pop()).filter((name) => name !== "year");
      const order = iso ? ["year", "month", "day"] : [...local, "year"];
      order.forEach((name, i) => { part(name).value = found[i + 1]; });
      judge();
    });
    function judge() {
      const [day, month, year] = ["day", "month", "year"].map((name) => Number(digitsOf(part(name).value)));
      if (!inputs.every((input) => input.value)) return;
      const date = new Date(Date.UTC(year, month - 1, day));
      const real = year >= 1000 && date.getUTCFullYear() === year && date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
      say(inputs[inputs.length - 1], set, real ? { good: true } : { bad: true, text: set.dataset.wrong });
      if (real) for (const input of inputs) input.removeAttribute("aria-invalid");
    }
    set.addEventListener("change", judge);
  }

  // helpShow puts a button into a password's input that uncovers it.
  function helpShow(input) {
    const around = document.createElement("div");
    const button = document.createElement("button");
    around.className = "reveal";
    button.type = "button";
    button.textContent = input.dataset.show;
    button.setAttribute("aria-controls", input.id);
    input.replaceWith(around);
    around.append(input, button);
    button.addEventListener("click", () => {
      const covered = input.type === "password";
      input.type = covered ? "text" : "password";
      button.textContent = covered ? input.dataset.hide : input.dataset.show;
    });
  }

  document.querySelectorAll("input[data-format]").forEach(help);
  document.querySelectorAll("fieldset[data-format=date]").forEach(helpDate);
  document.querySelectorAll("input[data-show]").forEach(helpShow);

  // A second tap would post the form again and be told that the link was used.
  // Who waits in vain may tap again.
  const buttons = (form, off) => {
    for (const button of form.querySelectorAll("button[type=submit]")) button.disabled = off;
  };
  for (const form of document.forms) {
    form.addEventListener("submit", () => {
      setTimeout(() => buttons(form, true));
      setTimeout(() => buttons(form, false), 10000);
    });
  }
  // A page out of the browser's memory shows nothing that was typed; asking for
  // it anew posts nothing again, as a reload would.
  addEventListener("pageshow", (event) => {
    buttons(document, false);
    if (event.persisted) location.replace(location.pathname + location.search);
  });
})();

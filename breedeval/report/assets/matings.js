"use strict";
// The mating plan: listed by male, herd or female, and printed alone, compactly.
(() => {
  const section = document.getElementById("matings");
  if (!section) return;
  const root = document.documentElement;
  for (const choice of section.querySelectorAll("input[name='mating-way']")) {
    choice.addEventListener("change", () => {
      for (const way of section.querySelectorAll(".mating-way")) way.hidden = way.dataset.way !== choice.value;
    });
  }
  const apart = document.getElementById("mating-pages");
  apart.addEventListener("change", () => section.classList.toggle("apart", apart.checked));
  document.getElementById("mating-print").addEventListener("click", () => {
    root.classList.add("only-matings");
    print();
  });
  addEventListener("afterprint", () => root.classList.remove("only-matings"));
})();

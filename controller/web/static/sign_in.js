// “Hiện mật khẩu”: Unikey may have put marks on what was typed.
const show = document.getElementById("hien");
const passwords = [...show.closest("form").querySelectorAll('input[type="password"]')];
show.hidden = false;
show.querySelector("input").addEventListener("change", (event) => {
  for (const each of passwords) each.type = event.target.checked ? "text" : "password";
});

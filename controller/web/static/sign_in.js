// “Hiện mật khẩu”: Unikey may have put marks on what was typed.
const show = document.getElementById("hien"), password = document.getElementById("mk");
show.hidden = false;
show.querySelector("input").addEventListener("change", (event) => {
  password.type = event.target.checked ? "text" : "password";
});

// The frame holds trimesh's viewer: three.js, a scene, a camera and its controls, all global there.
const stage = document.querySelector(".stage"), inside = stage.querySelector("iframe");
const { outside, views } = JSON.parse(document.querySelector("#cameras").textContent);

function begin() {
  const room = inside.contentWindow;
  if (!room.controls) return requestAnimationFrame(begin);
  const { THREE, scene, camera, controls, tracklight, render } = room;
  const parts = [];
  scene.traverse((part) => part.isMesh && parts.push(part));
  for (const { geometry, material } of parts) {
    geometry.computeVertexNormals(); // smooth: the file has none
    Object.assign(material, { flatShading: false, needsUpdate: true });
  }
  const lamp = new THREE.DirectionalLight(0xffffff, 0.5);
  lamp.position.set(0.6, 1, 0.35);
  scene.add(lamp, new THREE.HemisphereLight(0xffffff, 0xaaaaaa, 0.55));
  scene.background = new THREE.Color("#e4e8ee");
  tracklight.intensity = 0.15;
  Object.assign(camera, { near: 0.05, far: 500 });

  function stand({ eye, target, fov }) {
    camera.position.set(...eye);
    controls.target.set(...target);
    camera.fov = fov;
    level();
  }
  function standOutside() { // farther away where the window is narrow
    stand(outside);
    turn(0, 0, Math.max(1, 1.25 / camera.aspect));
  }
  function level() { // the ceiling stays above, and no look goes straight up or down
    const away = camera.position.clone().sub(controls.target), spherical = new THREE.Spherical().setFromVector3(away);
    spherical.phi = Math.min(Math.max(spherical.phi, 0.05), Math.PI - 0.05);
    camera.position.setFromSpherical(spherical).add(controls.target);
    camera.up.set(0, 1, 0);
    camera.lookAt(controls.target);
    camera.updateProjectionMatrix();
    render();
  }
  function turn(right, up, nearer) {
    const spherical = new THREE.Spherical().setFromVector3(camera.position.clone().sub(controls.target));
    spherical.theta += right;
    spherical.phi += up;
    spherical.radius *= nearer;
    camera.position.setFromSpherical(spherical).add(controls.target);
    level();
  }
  const keys = {
    ArrowLeft: [-0.15, 0, 1], ArrowRight: [0.15, 0, 1], ArrowUp: [0, -0.1, 1], ArrowDown: [0, 0.1, 1],
    "+": [0, 0, 0.9], "=": [0, 0, 0.9], "-": [0, 0, 1.1],
  };
  controls.removeEventListener("change", render); // level draws
  controls.addEventListener("change", level);
  room.addEventListener("keydown", (event) => {
    if (!keys[event.key]) return;
    event.preventDefault();
    turn(...keys[event.key]);
  });
  inside.tabIndex = 0;
  document.querySelector("#outside").addEventListener("click", standOutside);
  document.querySelectorAll(".stand").forEach((button, i) => button.addEventListener("click", () => {
    stand(views[i]);
    stage.scrollIntoView({ block: "center", behavior: "smooth" });
  }));
  document.querySelectorAll(".classes button").forEach((button) => button.addEventListener("click", () => {
    const on = button.getAttribute("aria-pressed") !== "true";
    button.setAttribute("aria-pressed", on);
    for (const part of parts) if (part.material.name === button.textContent) part.visible = on;
    render();
  }));
  standOutside();
  stage.classList.add("live");
}
begin();

// One view at a time, once there are scripts.
const shown = [...document.querySelectorAll(".view")], choices = [...document.querySelectorAll(".frames button")];
function show(chosen) {
  shown.forEach((view, i) => { view.hidden = i !== chosen; });
  choices.forEach((button, i) => button.setAttribute("aria-pressed", i === chosen));
}
choices.forEach((button, i) => button.addEventListener("click", () => show(i)));
document.querySelector(".frames").hidden = false;
show(0);

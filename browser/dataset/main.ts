/** The page of one dataset: what needs a script is added to the prerendered page. */
import "../style.css";

const section = document.getElementById("quicklook");
const about = document.getElementById("dataset")?.textContent;
if (section && about)
  void import("../quicklook/mount.ts").then(({ mountQuicklook }) => mountQuicklook(section, JSON.parse(about)));

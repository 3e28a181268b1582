/** The page of one dataset: what needs a script is added to the prerendered page. */
import "../style.css";

/** The page that finds datasets: it takes over the prerendered index.html. */
import "../style.css";

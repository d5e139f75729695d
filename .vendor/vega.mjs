// Vega-Lite specifications drawn by the interpreter: nothing is made into code on the page.
export { expressionInterpreter } from "vega-interpreter";
export { compile } from "vega-lite";
export { logger, parse, View } from "vega";

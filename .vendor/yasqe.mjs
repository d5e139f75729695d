// The SPARQL editor alone, without the tabs, the requests and the look-ups elsewhere of Yasgui.
export { default } from "@zazuko/yasqe";

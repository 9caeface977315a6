"""One archive that installs Yike without any network: locked wheels, the page, an installer."""

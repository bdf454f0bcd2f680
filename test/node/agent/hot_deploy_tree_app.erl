%% An application whose top process is whatever it is told to start.
-module(hot_deploy_tree_app).
-behaviour(application).
-export([start/2, stop/1]).

start(_, Start) -> Start().
stop(_) -> ok.

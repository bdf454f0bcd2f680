%% What a node has become since it booted, as far as its files and its release's version do not tell. Nothing here
%% sends a process a message that it would not get anyway, save supervisors, which are asked for their children.
-module(hot_deploy_drift).
-export([read/1]).
-export([environment/1, foreign/0, suspended/0]).

-include_lib("kernel/include/file.hrl").

%% Of the modules asked for it tells what lies on disk: what a restart would load in place of what runs.
-spec read(#{salt := binary(), modules := [module()]}) -> hot_deploy_json:json().
read(#{salt := Salt, modules := Asked}) ->
    {Uptime, _} = erlang:statistics(wall_clock),
    #{
        bootedAt => erlang:system_time(millisecond) - Uptime,
        releases => releases(),
        tree => maps:get(applications, hot_deploy_tree:read(#{})),
        environment => environment(Salt),
        unloaded => unloaded(),
        foreign => foreign(),
        files => [on_disk(Module) || Module <- Asked],
        oldCode => hot_deploy_node:processes([Module || {Module, _} <- code:all_loaded(), not own(Module)]),
        suspended => suspended()
    }.

%% release_handler alone knows which release is permanent; there is none without sasl.
releases() ->
    case whereis(release_handler) of
        undefined -> [];
        _ -> [#{name => text(Name), version => text(Version), status => Status}
              || {Name, Version, _, Status} <- release_handler:which_releases()]
    end.

%% [Application, Key, Fingerprint] of everything that is set: values may be secrets.
-spec environment(binary()) -> hot_deploy_json:json().
environment(Salt) ->
    [[Application, key(Key), hot_deploy_term:fingerprint(Value, Salt)]
     || {Application, _, _} <- application:loaded_applications(),
        {Key, Value} <- application:get_all_env(Application)].

key(Key) when is_atom(Key) -> Key;
key(Key) -> text(io_lib:format("~0tp", [Key])).

%% A boot in embedded mode loads them all, and nobody loads them later.
unloaded() ->
    [Module || code:get_mode() =:= embedded,
               {Application, _, _} <- application:loaded_applications(),
               {ok, Modules} <- [application:get_key(Application, modules)],
               Module <- Modules,
               not erlang:module_loaded(Module)].

%% Loaded modules of which there is no file on the code path: made at run time, or brought in by hand.
-spec foreign() -> [module()].
foreign() ->
    Files = sets:from_list([File || Directory <- code:get_path(),
                                    {ok, Files} <- [file:list_dir(Directory)],
                                    File <- Files]),
    [Module || {Module, Loaded} <- code:all_loaded(),
               Loaded =/= preloaded,
               not own(Module),
               not sets:is_element(atom_to_list(Module) ++ ".beam", Files)].

%% The agent itself, which is here for the moment.
own(Module) -> lists:prefix("hot_deploy_", atom_to_list(Module)).

on_disk(Module) ->
    case code:where_is_file(atom_to_list(Module) ++ ".beam") of
        non_existing -> #{module => Module, digest => null, changedAt => null};
        File -> #{module => Module, digest => digest(File), changedAt => changed_at(File)}
    end.

digest(File) ->
    case beam_lib:md5(File) of
        {ok, {_, Digest}} -> binary:encode_hex(Digest);
        {error, beam_lib, _} -> null
    end.

%% When the file came to lie there: archives bring a time of modification of their own.
changed_at(File) ->
    case file:read_file_info(File, [raw, {time, posix}]) of
        {ok, #file_info{ctime = Seconds}} -> Seconds * 1000;
        {error, _} -> null
    end.

-spec suspended() -> hot_deploy_json:json().
suspended() ->
    [hot_deploy_node:note(Pid, callback(Pid)) || Pid <- erlang:processes(), hot_deploy_node:is_suspended(Pid)].

callback(Pid) ->
    try proc_lib:translate_initial_call(Pid) of
        {Module, _, _} -> [Module]
    catch
        _:_ -> []
    end.

text(Characters) -> unicode:characters_to_binary(Characters).
